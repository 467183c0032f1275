import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import { run } from '../testing/terminal.js'
import { hexPlaces, otherDigit, readVector, temporaryVector, vectorFiles } from '../testing/vector-files.js'
import { checkNegative, isNegativeDocument, type NegativeDocument } from './negative.js'

/** What `uprove vectors` says of a file. */
async function check(file: string): Promise<{ code: number; out: string; err: string }> {
  return run('vectors', file)
}

function temporaryText(text: string): string {
  const { file } = temporaryVector({})
  writeFileSync(file, text)
  return file
}

describe('a digit changed in an output over a curve', () => {
  const files = vectorFiles.filter((file) => /ec.(public|microsoft)/.test(file))
  const inputs = /^(UID[hp]|GroupName|y0|xd|S|TI|PI|A\d|e\d|w\w*|alpha|beta[12]|m|md|s|p|tilde[OW]\d)$/
  it.each(files.map((file, i) => ({ file, i })))('shows in $file', async ({ file, i }) => {
    const outputs = hexPlaces(readVector(file)).filter(({ key }) => !inputs.test(key))
    const { key, value, with: changed } = outputs[(7 * i + 3) % outputs.length]!
    const { code, out } = await check(temporaryVector(changed(otherDigit(value))).file)
    expect([code, out]).toEqual([1, expect.stringContaining(`  key       ${key}\n`)])
  })
})

describe('runs as they were published', () => {
  const text = 'vectors/original/csharp-sdk/unit-tests/testvectors_EC_Device_D2_doc.txt'
  const published = readFileSync(text, 'utf8')

  it('count the values of extensions', async () => {
    const { out } = await check(text)
    expect(out).toContain('44 values; 70 of extensions not checked')
  })

  it.each([
    ['sigmaA.x', 'sigmaA'],
    ['hd.y', 'hd'],
    ['r0', 'r0'],
    ['cp', 'cp'],
    ['y0', 'g0'],
    ['A4', 'x4'],
  ])('show a changed digit of %s at %s', async (changed, shown) => {
    const other = published.replace(
      new RegExp(`^(${changed.replace('.', '\\.')} = .*)(\\w)`, 'm'),
      (_, start: string, last: string) => {
        return start + otherDigit(last)
      },
    )
    const { code, out } = await check(temporaryText(other))
    expect([code, out]).toEqual([1, expect.stringContaining(`  key       ${shown}\n`)])
  })

  it('show a changed digit of JSON with coordinates', async () => {
    const document = readVector('vectors/original/node-reference/testvectors_EC_D2_lite_doc.json')
    const { code, out } = await check(temporaryVector({ ...document, h_y: otherDigit(document['h_y'] as string) }).file)
    expect([code, out]).toEqual([1, expect.stringContaining('  key       h\n')])
    const digests = readVector('vectors/original/node-reference/testvectors_hashing.json')
    const changed = { ...digests, hash_group_EC_digest: otherDigit(digests['hash_group_EC_digest'] as string) }
    expect((await check(temporaryVector(changed).file)).code).toBe(1)
  })

  it.each([
    ['a line that is no value', `${published}\nnonsense\n`],
    ['a key that stands there twice', `${published}\nUIDh = SHA-256\n`],
    ['an unknown key', `${published}\nnonsense = 00\n`],
    ['a point of no known curve', published.replace('1.3.6.1.4.1.311.75.1.2.1', '1.3.6.1.4.1.311.75.1.3.1')],
  ])('are refused with %s', async (_, other) => {
    const { code, err } = await check(temporaryText(other))
    expect([code, err]).toEqual([2, expect.stringMatching(/^uprove vectors: /)])
  })
})

describe('recommended parameters as they were published', () => {
  it.each([
    ['L2048N256', 'q', 'q'],
    ['L2048N256', 'g', 'g'],
    ['L2048N256', 'g50', 'g50'],
    ['L2048N256', 'gd', 'gd'],
    ['P256', 'n', 'n'],
    ['P256', 'a', 'a'],
    ['P256', 'h', 'h'],
    ['P256', 'g.x', 'g'],
    ['P256', 'g7.y', 'g7'],
    ['P256', 'gt.y', 'gt'],
  ])('of %s show a changed digit of %s', async (group, changed, shown) => {
    const file = `vectors/original/javascript-sdk/UProveRecommendedParams${group}.txt`
    expect(await check(file)).toMatchObject({ code: 0, err: '' })
    const key = changed.replace('.', '\\.')
    const other = readFileSync(file, 'utf8').replace(
      new RegExp(`^(${key} = .*)(\\w)`, 'm'),
      (_, start: string, last: string) => start + otherDigit(last),
    )
    const { code, out } = await check(temporaryText(other))
    expect([code, out]).toEqual([1, expect.stringContaining(`  key       ${shown}\n`)])
  })

  it('show another seed at the first generator that it gives', async () => {
    const file = 'vectors/original/javascript-sdk/UProveRecommendedParamsL2048N256.txt'
    const other = readFileSync(file, 'utf8').replace('domainParamSeed = 2', 'domainParamSeed = 3')
    expect((await check(temporaryText(other))).out).toContain('  key       g\n')
    expect((await check(temporaryText(other.replace('1.1.1', '1.1.9')))).code).toBe(1)
  })
})

describe('changed runs', () => {
  const document = JSON.parse(readFileSync('vectors/ec/negative.json', 'utf8')) as NegativeDocument
  const [first] = document.cases as [NegativeDocument['cases'][number]]
  const [control] = document.controls as [NegativeDocument['cases'][number]]

  it('are recognised by their parts', () => {
    expect([isNegativeDocument(document), isNegativeDocument({ bases: {}, cases: [] })]).toEqual([true, false])
    expect([document.cases.length, document.controls.length]).toEqual([499, 132])
  })

  it('show a case that is accepted, and a control that is refused', async () => {
    const engine = await createEngine()
    const { bases } = document
    const undone = { ...first, set: {} }
    const accepted = checkNegative(engine, { bases, cases: [undone], controls: [] })
    expect(accepted.difference).toMatchObject({ expected: 'refuse', computed: 'accept' })
    const spoilt = { ...control, set: { 'parameters.g0': '00' } }
    const refused = checkNegative(engine, { bases, cases: [], controls: [spoilt] })
    expect(refused.difference).toMatchObject({ expected: 'accept', computed: 'refuse' })
    const otherCode = { ...first, code: 'element/length' }
    const byCode = checkNegative(engine, { bases, cases: [otherCode], controls: [] })
    expect(byCode.difference).toMatchObject({
      expected: 'refuse (element/length)',
      computed: 'refuse (token/h-not-in-subgroup)',
    })
    const unknown = { bases, cases: [{ ...first, step: 'none' }], controls: [] }
    expect(() => checkNegative(engine, unknown)).toThrow('names an unknown base or step')
  })
})

it('a run of Revision 1 over a curve is refused by name', async () => {
  const document = readVector('vectors/r1/l2048-n0.json')
  const { code, out } = await check(temporaryVector({ ...document, group: { name: 'P-256' } }).file)
  const computed = 'nothing: Revision 1 is not defined over P-256; use Revision 3'
  expect([code, out]).toEqual([1, expect.stringContaining(`  computed  ${computed}\n`)])
})
