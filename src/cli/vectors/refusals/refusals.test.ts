import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createEngine } from '../../../../bindings/loading/create-engine.js'
import { UsageError } from '../../errors.js'
import { checkRefusals, isRefusalsDocument, outcomeOf } from './check.js'
import type { Entry, RefusalsDocument } from './entry.js'
import { pkiSteps } from './pki.js'
import { soapSteps } from './soap.js'
import { xmlSteps } from './xml.js'

const engine = await createEngine()
const steps = { ...pkiSteps(engine), ...xmlSteps(engine).steps, ...soapSteps }

const documentOf = (file: string): RefusalsDocument => {
  const document: unknown = JSON.parse(readFileSync(`vectors/negative/${file}`, 'utf8'))
  if (!isRefusalsDocument(document)) throw new Error(`${file} is of another layout`)
  return document
}

const expectedOf = ({ expected, code }: Entry): string => (code === undefined ? expected : `${expected} (${code})`)

/** The entries of a file whose outcome is another than it says. */
async function differences(document: RefusalsDocument, entries: readonly Entry[]): Promise<string[]> {
  const found: string[] = []
  for (const entry of entries) {
    const step = steps[entry.step]
    const outcome = step === undefined ? 'no such step' : await outcomeOf(entry, document, step)
    if (outcome !== expectedOf(entry)) found.push(`${entry.id}: ${outcome}, not ${expectedOf(entry)}`)
  }
  return found
}

describe.each([
  ['requests.json', 370],
  ['paths.json', 210],
  ['xml.json', 530],
  ['soap.json', 80],
])('%s', (file, atLeast) => {
  const document = documentOf(file)
  const { controls, cases } = document

  it('has its controls accepted', async () => {
    expect(controls.length).toBeGreaterThan(1)
    expect(controls.map(({ expected }) => expected)).toEqual(controls.map(() => 'accept'))
    expect(await differences(document, controls)).toEqual([])
  })

  it(`has its cases refused, ${atLeast} and more, each with its code`, async () => {
    expect(cases.length).toBeGreaterThan(atLeast)
    expect(cases.filter(({ expected, code }) => expected !== 'refuse' || code === undefined)).toEqual([])
    expect(await differences(document, cases)).toEqual([])
  })

  it('has no two cases that are the same', () => {
    const inputs = cases.map(({ id: _, changed: __, code: ___, ...input }) => JSON.stringify(input))
    expect(cases.filter((_, i) => inputs.indexOf(inputs[i]!) < i).map(({ id }) => id)).toEqual([])
  })
})

describe('a file of refusals', () => {
  const document = documentOf('paths.json')
  const [control, other] = document.controls as [Entry, Entry]
  const [refused] = document.cases as [Entry]
  const check = (controls: readonly Entry[], cases: readonly Entry[]) =>
    checkRefusals(engine, { ...document, controls, cases })

  it('agrees where all is as it says', async () => {
    expect(await check([control, other], [refused])).toEqual({ values: 3, notChecked: 0, difference: undefined })
  })

  it('differs at a case that is accepted, a control that is refused, and another code', async () => {
    const differs = (key: string, expected: string, computed: string) => ({
      difference: { key: expect.stringContaining(key) as string, expected, computed },
    })
    const accepted = { ...refused, certificate: control['certificate'] }
    expect(await check([control], [accepted])).toMatchObject(differs(refused.id, 'refuse (path/none)', 'accept'))
    const wrong = { ...control, anchors: [] }
    expect(await check([wrong], [refused])).toMatchObject(differs(control.id, 'accept', 'refuse (path/none)'))
    const coded = { ...refused, code: 'pki/not-der' }
    expect(await check([], [coded])).toMatchObject(differs(refused.id, 'refuse (pki/not-der)', 'refuse (path/none)'))
  })

  it('is no file if it names a step that there is not, edits what is not there, or has octets that are none', async () => {
    await expect(check([{ ...control, step: 'x' }], [])).rejects.toThrow(UsageError)
    const octets = { id: 'x', step: 'request', expected: 'accept', octets: '0g' }
    await expect(check([octets], [])).rejects.toThrow(UsageError)
    const xmlFile = documentOf('xml.json')
    const [entry] = xmlFile.cases.filter(({ step, edits }) => step === 'presentation' && edits !== undefined)
    const edits = [['nowhere', 'x']]
    await expect(checkRefusals(engine, { ...xmlFile, controls: [], cases: [{ ...entry!, edits }] })).rejects.toThrow(
      UsageError,
    )
  })
})
