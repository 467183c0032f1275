import { createContext, runInContext } from 'node:vm'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { InvalidInputError } from '../errors.js'
import { decodeBase64, encodeBase64 } from './base64.js'
import { octetsFrom } from './octets.js'
import { abortReason, provided, subtle, throwIfAborted } from './platform.js'
import { systemRandom } from './random.js'
import { isOctets, kindOf, requireOctets } from './shape.js'
import { decodeText, encodeText, strictText } from './text.js'

const elsewhere = createContext({})
/** A value of another realm, as frames, jsdom and Jest have them. */
const foreign = (code: string): unknown => runInContext(code, elsewhere)

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('octets of another realm', () => {
  it('are octets', () => {
    const octets = foreign('Uint8Array.of(1, 2)') as Uint8Array
    expect(octets instanceof Uint8Array).toBe(false)
    expect([
      isOctets(octets),
      isOctets(Buffer.of(1)),
      isOctets(foreign('new (class A extends Uint8Array {})(1)')),
    ]).toEqual([true, true, true])
    const copy = octetsFrom(octets, 'TI')
    expect(copy).toEqual(Uint8Array.of(1, 2))
    expect(copy instanceof Uint8Array).toBe(true)
  })

  it('are not what only looks like octets', () => {
    const others = [
      '[1]',
      'new Uint8ClampedArray(1)',
      'new Uint16Array(1)',
      'new ArrayBuffer(1)',
      'new DataView(new ArrayBuffer(1))',
    ]
    const mimic = { [Symbol.toStringTag]: 'Uint8Array', length: 1, 0: 1 }
    const heir: unknown = Object.create(Uint8Array.prototype)
    expect([...others.map(foreign), mimic, heir, 'text', null].map(isOctets)).not.toContain(true)
  })

  it('are missed with a word on what was given', () => {
    const said = (value: unknown): string => {
      try {
        requireOctets(value, 'octets/type', 'UID_P')
      } catch (error) {
        return error instanceof InvalidInputError ? `${error.code}: ${error.message}` : 'another error'
      }
      return 'nothing'
    }
    expect(said('urn:secret')).toBe('octets/type: UID_P must be a Uint8Array, not String')
    expect(said(foreign('new Uint16Array(2)'))).toBe('octets/type: UID_P must be a Uint8Array, not Uint16Array')
    expect([null, undefined, 1, [], {}].map(kindOf)).toEqual(['Null', 'Undefined', 'Number', 'Array', 'Object'])
  })
})

describe('what a platform lacks', () => {
  const code = (call: () => unknown): unknown => {
    try {
      call()
    } catch (error) {
      return (error as { code?: string }).code
    }
    return undefined
  }

  it('is an error with a code', () => {
    for (const name of ['crypto', 'TextEncoder', 'TextDecoder']) vi.stubGlobal(name, undefined)
    const calls = [
      () => provided('crypto'),
      () => subtle(),
      () => systemRandom.fill(new Uint8Array(1)),
      () => encodeText('ü'),
      () => decodeText(Uint8Array.of(65)),
      () => strictText(Uint8Array.of(65)),
    ]
    expect(calls.map(code)).toEqual(calls.map(() => 'engine/platform'))
  })

  it('is told apart from crypto alone', () => {
    vi.stubGlobal('crypto', {})
    expect(subtle).toThrow('no crypto.subtle, which browsers have over https only')
  })

  it('is missed only where it is needed', () => {
    vi.stubGlobal('TextEncoder', undefined)
    expect(encodeText('urn:example:1')).toEqual(Uint8Array.from(Buffer.from('urn:example:1')))
  })
})

describe('base64 where there is neither Buffer nor atob', () => {
  it('is an error with a code, not a refusal of the text', async () => {
    vi.stubGlobal('Buffer', undefined)
    vi.stubGlobal('atob', undefined)
    vi.stubGlobal('btoa', undefined)
    vi.resetModules()
    const bare = await import('./base64.js')
    expect(() => bare.encodeBase64(Uint8Array.of(1))).toThrow('this platform has no btoa')
    expect(() => bare.octetsOfBase64('AQ==')).toThrow('this platform has no atob')
    expect(() => bare.decodeBase64('AQ==')).toThrow('this platform has no atob')
  })

  it('is the same elsewhere', () => {
    expect(decodeBase64(encodeBase64(Uint8Array.of(1)))).toEqual(Uint8Array.of(1))
  })
})

describe('a signal', () => {
  it('that is aborted throws its reason, where the platform knows one', () => {
    const controller = new AbortController()
    expect(() => throwIfAborted(controller.signal)).not.toThrow()
    expect(() => throwIfAborted(undefined)).not.toThrow()
    const reason = new Error('the page was closed')
    controller.abort(reason)
    expect(() => throwIfAborted(controller.signal)).toThrow(reason)
    expect(abortReason({})).toMatchObject({ name: 'AbortError', message: 'the call was aborted' })
  })
})

describe('text', () => {
  it('is UTF-8, or not read', () => {
    for (const text of ['', 'plain', 'ü€😀', 'x'.repeat(100)]) {
      expect(encodeText(text)).toEqual(new TextEncoder().encode(text))
      expect([decodeText(encodeText(text)), strictText(encodeText(text))]).toEqual([text, text])
    }
    expect(strictText(Uint8Array.of(0xff))).toBeUndefined()
    expect(strictText(Uint8Array.of(0xef, 0xbb, 0xbf, 65))).toBe('\ufeffA')
  })
})
