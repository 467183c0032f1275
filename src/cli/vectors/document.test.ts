import { describe, expect, it } from 'vitest'
import { toHex } from '../../../bindings/octets/integers.js'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import { hashFormat } from '../../hash/index.js'
import { UsageError } from '../errors.js'
import { readVector, type Json } from '../testing/vector-files.js'
import { prepareVector } from './check.js'
import { readDocument } from './document.js'

const engine = await createEngine()

/** The key at which a file differs; undefined if all agrees. */
function difference(document: object): string | undefined {
  return prepareVector(engine, readDocument(JSON.stringify(document))).check().difference?.key
}

/** What is wrong with a file. */
function mistake(document: object | string): string {
  try {
    const text = typeof document === 'string' ? document : JSON.stringify(document)
    prepareVector(engine, readDocument(text))
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
  return 'none'
}

const r3 = readVector('vectors/layouts/r3/SG_Device_D2.json')
const r3Text = (key: string): string => r3[key] as string
const r1Sdk = readVector('vectors/layouts/r1-sdk/sg1024-sha1-device.json')
const r1Public = readVector('vectors/layouts/r1-public/l2048-n5-device.json')
const hashing = readVector('vectors/layouts/r3/hashing.json')
const own = readVector('vectors/r3/SG_D2.json')
const nullZero = readVector('vectors/r1/l2048-n5-null-zero.json')

/** The flat Revision 3 file without a key. */
function without(key: string): object {
  return Object.fromEntries(Object.entries(r3).filter(([other]) => other !== key))
}

/** An object, for changes below the top level. */
function objectAt(document: { [key: string]: Json }, key: string): { [key: string]: Json } {
  return document[key] as { [key: string]: Json }
}

describe('a vector file', () => {
  it.each([
    ['no JSON', '{', /^not JSON/],
    ['a list', [], 'not a JSON object'],
    ['null', 'null', 'not a JSON object'],
    ['an empty object', {}, 'not a vector file of a known layout'],
    ['an unknown layout', { layout: 'uprove-wasm/protocol-99' }, 'not a vector file of a known layout'],
    [
      'nothing to recompute',
      { layout: 'uprove-wasm/digests-1', hash: 'SHA-256', digests: {} },
      'the file has no values to recompute',
    ],
    ['an unknown key', { ...r3, sigmaX: '00' }, 'unknown key sigmaX'],
    ['an unknown key with nothing below it', { ...own, more: [] }, 'unknown key more'],
    [
      'an unknown key below one that is known',
      { ...own, group: { name: 'L2048N256', size: '00' } },
      'unknown key group.size',
    ],
    [
      'an unknown key in the nested layout',
      { ...r1Public, device: { ...objectAt(r1Public, 'device'), y_d: '00' } },
      'unknown key device.y_d',
    ],
    ['a key of another layout', { ...r3, sigma_z: '00' }, 'unknown key sigma_z'],
    ['a key of an extension where there is none', { ...r1Sdk, ie_x: '00' }, 'unknown key ie_x'],
    ['an index that is too great', { ...r3, x6: '00' }, 'unknown key x6'],
    ['an index with a leading zero', { ...r3, x01: '00' }, 'unknown key x01'],
    ['an index 0 where they begin with 1', { ...r3, A0: '00' }, 'unknown key A0'],
    [
      'a value of Revision 1 in Revision 3',
      { ...own, parameters: { ...objectAt(own, 'parameters'), z0: '00' } },
      'unknown key parameters.z0',
    ],
    ['no hexadecimal digits', { ...r3, gamma: '0x12' }, 'gamma is malformed'],
    ['a number for hexadecimal digits', { ...r3, gamma: 12 }, 'gamma is malformed'],
    ['an object for a value', { ...r3, gamma: {} }, 'gamma is malformed'],
    ['a list that is none', { ...r3, D: '2;5' }, 'D is malformed'],
    ['a list of other things', { ...r3, D: ['2', '5'] }, 'D is malformed'],
    ['text for an object', { ...own, group: 'L2048N256' }, 'group must be an object or a list'],
    ['another form of zeros', { ...r3, zeroEncoding: 'none' }, 'zeroEncoding must be octet or empty'],
    ['another revision', { ...own, revision: 2 }, 'revision must be 1 or 3'],
    ['two keys for one value', { ...hashing, hash_null: '00' }, 'hash_null (null) and hash_null are the same value'],
    ['a digest of something unknown', { ...hashing, 'hash_group (P-521)': '00' }, 'unknown value to hash: group P-521'],
    ['a digest of malformed octets', { ...hashing, 'hash_list [0x0]': '00' }, 'unknown value to hash: list [0x0]'],
    [
      'an unknown generator',
      { layout: 'uprove-wasm/generators-1', generators: { g51: '00' } },
      'unknown generator g51',
    ],
  ])('is refused with %s', (_, document, message) => {
    expect(mistake(document)).toEqual(typeof message === 'string' ? message : expect.stringMatching(message))
  })

  it('may hold remarks, a byte order mark, extensions where there are some', () => {
    const remarks = { _more: { anything: [1] }, ie_new: 'zz', vr_: 1, r_x: null, sm_s1: '1' }
    expect(difference({ ...r3, ...remarks })).toBeUndefined()
    expect(
      difference({ ...r1Public, _discloses: true, device: { ...objectAt(r1Public, 'device'), _x: 1 } }),
    ).toBeUndefined()
    expect(mistake(`\uFEFF${JSON.stringify(hashing)}`)).toBe('none')
  })

  it('may have its keys in any order and case of digits', () => {
    const shuffled = Object.fromEntries(Object.entries(r3).reverse())
    expect(difference({ ...shuffled, g0: r3Text('g0').toUpperCase() })).toBeUndefined()
    expect(difference({ ...shuffled, S: 'ab' })).toBe('P')
    expect(difference({ ...shuffled, y0: 'ab' })).toBe('g0')
    expect(difference({ ...shuffled, m: null })).toBe('cp')
  })

  it('may have numbers with more leading zeros', () => {
    const numbers = /^(sigma|r\d|rd|g0|hd|w|alpha|beta|x|tilde[OWCR]|c$|gamma|gs|Ps|apPrime|ad)/
    const withZeros = Object.entries(r3).map(([key, value]) => [
      key,
      numbers.test(key) ? `000${value as string}` : value,
    ])
    expect(difference(Object.fromEntries(withZeros) as object)).toBeUndefined()
  })

  it('may have digests without their leading zeros if it is flat', () => {
    const digestOf = (value: number): string => toHex(hashFormat('SHA-256').byte(value).digest())
    const value = Array.from({ length: 256 }, (_, i) => i).find((i) => digestOf(i).startsWith('0'))!
    const name = toHex(Uint8Array.of(value))
    const short = digestOf(value).replace(/^0+/, '')
    expect(difference({ UIDh: 'SHA-256', [`hash_byte (0x${name})`]: short })).toBeUndefined()
    const ownForm = { layout: 'uprove-wasm/digests-1', hash: 'SHA-256' }
    expect(difference({ ...ownForm, digests: { [`byte 0x${name}`]: digestOf(value) } })).toBeUndefined()
    expect(difference({ ...ownForm, digests: { [`byte 0x${name}`]: short } })).toBe(`digests.byte 0x${name}`)
    expect(difference({ ...r3, cp: `00${r3Text('cp')}` })).toBe('cp')
  })

  it('may lack outputs, and inputs that nothing depends on', () => {
    const issuance = /^(UID[ph]|GroupName|y0|g0|[eAx]\d|S|TI|P|xt|xd|hd|gamma|sigmaZ)$/
    expect(difference(Object.fromEntries(Object.entries(r3).filter(([key]) => issuance.test(key))))).toBeUndefined()
    expect(difference(without('r0'))).toBeUndefined()
  })

  it.each([
    ['y0', 'g0'],
    ['A1', 'x1'],
    // A vector without x_d is one without a Device, and g_d is not in its P.
    ['xd', 'P'],
    ['w', 'sigmaA'],
    ['w3', 'a'],
    ['tildeW1', 'tildeA1'],
  ])('that lacks the input %s differs at %s', (key, dependent) => {
    expect(difference(without(key))).toBe(dependent)
  })

  it('treats absent values as null where there are none', () => {
    const software = readVector('vectors/r3/SG_D2_lite.json')
    expect(difference({ ...software, device: { xd: null, hd: null, zetaD: null } })).toBeUndefined()
    expect(difference({ ...software, device: null })).toBeUndefined()
    expect(difference({ ...r3, hd: null })).toBe('hd')
    const ofIssuer = objectAt(r1Public, 'issuerParameters')
    expect(difference({ ...r1Public, issuerParameters: { ...ofIssuer, z_t: null } })).toBe('issuerParameters.z_t')
  })

  it('may give generators without their exponents', () => {
    const custom = readVector('vectors/r1/sg1024-sha1-device.json')
    const parameters = { ...objectAt(custom, 'parameters'), y: [], yt: null, yd: null }
    expect(difference({ ...custom, parameters })).toBeUndefined()
    // Then they are inputs: z_t is the first that depends on g_t.
    expect(difference({ ...custom, parameters: { ...parameters, gt: objectAt(custom, 'parameters')['g0']! } })).toBe(
      'parameters.zt',
    )
    expect(difference({ ...custom, parameters: { ...parameters, gt: '02' } })).toBe('parameters.zt')
  })

  it('knows a group by its numbers before its name, which is a label', () => {
    const group = objectAt(r1Public, 'group')
    expect(difference({ ...r1Public, group: { ...group, name: 'L3072N256', oid: null } })).toBeUndefined()
    expect(difference({ ...r1Public, group: { ...group, q: '05' } })).toBe('group.q')
    expect(difference({ ...r3, GroupName: 'L2048N256' })).toBeUndefined()
    expect(difference({ ...r3, GroupName: 'L3072N256' })).toBe('g0')
    expect(difference({ ...r3, GroupName: 'P-256' })).toBe('g0')
  })

  it.each([
    ['D', [2, 4], 'U'],
    ['D', [5, 2], 'U'],
    ['U', [1, 3, 5], 'U'],
    ['C', [3], 'cp'],
    ['C', [9], 'cp'],
    ['p', 3, 'apPrime'],
    ['p', 'x', 'apPrime'],
    ['p', null, 'gs'],
    ['UIDh', 'SHA-512', 'x1'],
    ['UIDh', 'SHA-0', 'x1'],
    ['alpha', '0', 'h'],
  ])('with %s changed to %j differs at %s', (key, value, dependent) => {
    expect(difference({ ...r3, [key]: value })).toBe(dependent)
  })

  it('says how zeros are hashed', () => {
    expect(difference(nullZero)).toBeUndefined()
    expect(difference({ ...nullZero, zeroEncoding: 'empty' })).toBeUndefined()
    // The first presentation discloses no zero.
    expect(difference({ ...nullZero, zeroEncoding: 'octet' })).toBe('presentations[1].disclosureDigest')
    expect(difference({ ...r3, zeroEncoding: 'octet' })).toBeUndefined()
  })
})
