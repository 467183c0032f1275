import { describe, expect, it } from 'vitest'
import { recordingTerminal, run } from '../testing/terminal.js'
import { hexPlaces, otherDigit, readVector, temporaryVector, vectorFiles } from '../testing/vector-files.js'
import { vectors } from './vectors.js'

/** The difference that `uprove vectors --json` reports for a file; undefined if all agrees. */
async function differenceIn(contents: object): Promise<{ key: string; expected: string } | undefined> {
  const { code, out, err } = await run('vectors', '--json', temporaryVector(contents).file)
  expect(err).toBe('')
  const { agree, difference } = JSON.parse(out) as { agree: boolean; difference?: { key: string; expected: string } }
  expect([code, agree]).toEqual(difference === undefined ? [0, true] : [1, false])
  return difference
}

async function keyOfDifference(contents: object): Promise<string | undefined> {
  return (await differenceIn(contents))?.key
}

describe('uprove vectors', () => {
  // `npm run vectors` does so on every kernel, and with BigInt for all files, which takes long.
  it.each([
    ['bigint', 'bigint', vectorFiles.filter((file, i) => i % 5 === 0 && !/vectors.negative/.test(file))],
    ['wasm', 'relaxed-fma|simd|scalar', vectorFiles],
  ])(
    'recomputes vectors with --backend %s',
    async (backend, named, files) => {
      const { code, out } = await run('vectors', '--backend', backend, ...files)
      const lines = out.trim().split('\n')
      expect(
        lines
          .slice(0, -1)
          .map((line) => /^ok {4}(\S+) \(\d+ values(?:; \d+ of extensions not checked)?\)$/.exec(line)?.[1]),
      ).toEqual(files)
      expect(lines.at(-1)).toMatch(
        new RegExp(`^${String(files.length)} files, \\d+ values: all agree .*(?:${named})\\)$`),
      )
      expect(code).toBe(0)
    },
    300_000,
  )

  it('reports as JSON', async () => {
    const { out } = await run(
      'vectors',
      '--json',
      '--backend',
      'wasm',
      '--kernel',
      'scalar',
      'vectors/digests/r1-sha1.json',
    )
    expect(JSON.parse(out)).toEqual({
      backend: 'wasm',
      kernel: 'scalar',
      agree: true,
      files: [
        {
          file: 'vectors/digests/r1-sha1.json',
          layout: 'uprove-wasm/digests-1',
          values: 4,
          notChecked: 0,
          agree: true,
        },
      ],
    })
  })

  it('names file, key, expected and computed at the first output that differs, and stops there', async () => {
    const document = readVector('vectors/digests/r1-sha1.json')
    const [place] = hexPlaces(document)
    const file = temporaryVector(place!.with(otherDigit(place!.value))).file
    const { code, out, err } = await run('vectors', 'vectors/digests/r3-sha256.json', file, file)
    expect(out).toBe(
      `ok    vectors/digests/r3-sha256.json (6 values)\n` +
        `DIFFERS ${file}\n  key       digests.byte 0x01\n` +
        `  expected  bf8b4530d8d246dd74ac53a13471bba17941dff8\n` +
        `  computed  bf8b4530d8d246dd74ac53a13471bba17941dff7\n`,
    )
    expect({ code, err }).toEqual({ code: 1, err: '' })
  })

  it('says why nothing could be computed', async () => {
    const document = readVector('vectors/layouts/r3/SG_Device_D2.json')
    const { code, out } = await run('vectors', temporaryVector({ ...document, y0: 'f'.repeat(64) }).file)
    expect(code).toBe(1)
    expect(out).toContain('\n  key       g0\n')
    expect(out).toContain('\n  computed  nothing: a scalar must be less than q\n')
  })

  it('tells on a terminal which file it is at', async () => {
    const terminal = recordingTerminal(true)
    await vectors.run(['vectors/digests/r1-sha1.json'], terminal)
    expect(terminal.written.err).toBe('\r\x1b[K1/1 vectors/digests/r1-sha1.json\r\x1b[K')
  })

  it('computes nothing if one of the files cannot be read', async () => {
    const { code, out } = await run('vectors', 'vectors/digests/r1-sha1.json', 'vectors')
    expect({ code, out }).toEqual({ code: 2, out: '' })
  })
})

/** Inputs of the original files, and the outputs at which a change of them shows. */
const inputs: Record<string, Record<string, string>> = {
  'r3/SG_Device_D2.json': {
    ...{ UIDp: 'P', S: 'P', y0: 'g0', TI: 'xt', PI: 'sigmaCPrime', xd: 'hd' },
    ...{ e1: 'x1', e2: 'x2', e3: 'x3', e4: 'x4', e5: 'x5', A1: 'x1', A2: 'x2', A3: 'x3', A4: 'x4', A5: 'x5' },
    ...{ w: 'sigmaA', alpha: 'h', beta1: 'sigmaAPrime', beta2: 'sigmaAPrime' },
    ...{ p: 'apPrime', s: 'gs', m: 'cp', md: 'c', w0: 'a', w1: 'a', w3: 'a', w4: 'a', wd: 'a', wdPrime: 'ad' },
    ...{ tildeO1: 'tildeC1', tildeW1: 'tildeA1' },
  },
  'r3/hashing.json': {},
  'r1-sdk/hash-format-sha1.json': {},
  'r1-sdk/sg1024-sha1-device.json': {
    ...{ UIDp: 'P', S: 'P', p: 'g0', q: 'g0', g: 'g0', y0: 'g0', TI: 'xt', PI: 'sigma_c_prime', xd: 'hd' },
    ...{ y1: 'g1', y2: 'g2', y3: 'g3', y4: 'g4', y5: 'g5', yt: 'gt', yd: 'gd' },
    ...{ e1: 'x1', e2: 'x2', e3: 'x3', e4: 'x4', e5: 'x5', A1: 'x1', A2: 'x2', A3: 'x3', A4: 'x4', A5: 'x5' },
    ...{ w: 'sigma_a', alpha: 'h', beta1: 'sigma_a_prime', beta2: 'sigma_a_prime' },
    ...{ m: 'mdPrime', md: 'c', w0: 'a', w1: 'a', w3: 'a', w4: 'a', wd: 'a', wdPrime: 'ad' },
  },
  'r1-public/l2048-n5-device.json': {
    ...{ 'issuerParameters.UIDp': 'issuerParameters.P', 'issuerParameters.S': 'issuerParameters.P' },
    ...{ 'issuerParameters.y0': 'issuerParameters.g0', 'device.x_d': 'device.h_d' },
    ...{ 'attributes.A[0]': 'attributes.x_i[0]', 'attributes.A[1]': 'attributes.x_i[1]' },
    ...{ 'attributes.A[3]': 'attributes.x_i[3]', 'attributes.A[4]': 'attributes.x_i[4]' },
    ...{ 'attributes.TI': 'attributes.x_t', 'attributes.PI': 'tokens[0].sigma_c_prime' },
    ...{ 'tokens[0].w': 'tokens[0].sigma_a', 'tokens[0].alpha': 'tokens[0].alpha_inverse' },
    ...{ 'tokens[0].beta1': 'tokens[0].t_a', 'tokens[0].beta2': 'tokens[0].t_a' },
    ...{ 'presentations[3].m': 'presentations[3].m_d_prime', 'presentations[3].m_d': 'presentations[3].c' },
    ...{
      'presentations[3].w_0': 'presentations[3].a_preimage',
      'presentations[3].w_i.2': 'presentations[3].a_preimage',
    },
    ...{
      'presentations[3].w_i.4': 'presentations[3].a_preimage',
      'presentations[3].w_i.5': 'presentations[3].a_preimage',
    },
    ...{ 'presentations[3].w_d': 'presentations[3].a_preimage', 'presentations[3].w_d_prime': 'presentations[3].a_d' },
  },
}

describe.each(Object.entries(inputs))('a digit changed in %s', (name, dependents) => {
  const document = readVector(`vectors/layouts/${name}`)
  // The fourth presentation is enough, and so are values that stand elsewhere in the same form.
  const places = hexPlaces(document).filter(
    ({ key }) => !/^(ie|vr|r|sm)_|^presentations\[[0-24]\]|_i\[[1-35-9]\]/.test(key),
  )
  const missing = Object.keys(dependents).filter((key) => !places.some((place) => place.key === key))

  it('is tried at all inputs', () => {
    expect(missing).toEqual([])
  })

  it.each(places)('shows at the right key: $key', async ({ key, value, with: changed }) => {
    const dependent = dependents[key]
    const difference = await differenceIn(changed(otherDigit(value)))
    if (dependent === undefined) {
      expect(difference).toMatchObject({ key, expected: otherDigit(value) })
    } else {
      expect(difference?.key).toBe(dependent)
      // A change of the first digit makes some scalars too great.
      expect(await keyOfDifference(changed(otherDigit(value, 0)))).toBe(dependent)
    }
  })
})

describe('a digit changed in an output of', () => {
  const own = vectorFiles.filter((file) => !/original|vectors.(ec|negative)/.test(file))
  it.each(own.map((file, i) => ({ file, i })))('$file', async ({ file, i }) => {
    const inputKeys =
      /\.(uid|specification|y0|y\[\d\]|y[td]|[pqg]|xd|w|alpha|beta[12]|w0|w\.\d|wd|wdPrime|opening|wTilde|scope|\w*[mM]essage)$|^attributes|Information$|^seed$/
    const outputs = hexPlaces(readVector(file)).filter(({ key }) => !inputKeys.test(key))
    // Another output in each file.
    const { key, value, with: changed } = outputs[(7 * i + 3) % outputs.length]!
    expect(await differenceIn(changed(otherDigit(value)))).toMatchObject({ key, expected: otherDigit(value) })
  })
})
