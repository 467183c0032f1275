import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { toHex } from '../../../bindings/octets/integers.js'
import {
  createEngine,
  encodeIssuedToken,
  encodeIssuerParameters,
  encodeProof,
  encodeToken,
  Issuer,
  presentToken,
  Prover,
  SoftwareDevice,
} from '../../index.js'
import { L2048N256, P256, P384, P521 } from '../../params/index.js'
import { run } from '../testing/terminal.js'

const folder = mkdtempSync(path.join(tmpdir(), 'inspect-octets-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})
let files = 0
function fileOf(octets: Uint8Array): string {
  const file = path.join(folder, String(++files))
  writeFileSync(file, octets)
  return file
}

const engine = await createEngine()
const attributes = ['Alice', 'citizen', '\u009b31m']

describe.each([P256, P384, P521, L2048N256])('uprove inspect, octets over $name', (set) => {
  const group = engine.group(set)
  const issuer = Issuer.create(group, { uid: 'urn:example:1', attributes: 3, device: true, recommended: set })
  const { parameters } = issuer
  const device = SoftwareDevice.create(group, set.gd)
  const issuing = issuer.begin({ attributes, tokenInformation: 'until 2030', devicePublicKey: device.publicKey })
  const prover = Prover.begin(parameters, {
    attributes,
    tokenInformation: 'until 2030',
    device: device.contribute(parameters),
  })
  const [held] = prover.finish(issuing.respond(prover.respond(issuing.message1)))
  const { proof } = presentToken(parameters, held!, {
    attributes,
    disclosed: [2, 3],
    committed: [1],
    pseudonym: { scope: 'a forum', source: 'device' },
    message: 'm',
    device,
  })
  const parametersOctets = encodeIssuerParameters(parameters)
  const file = fileOf(parametersOctets)
  const inspect = (octets: Uint8Array, ...options: string[]) =>
    run('inspect', '--parameters', file, ...options, fileOf(octets))

  it('explains Issuer parameters, which it verifies', async () => {
    const { code, out, err } = await run('inspect', file)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('Issuer parameters\n  revision: 3\n  UID_P: urn:example:1\n')
    const { elementLength, scalarLength } = group
    expect(out).toContain(
      `  group: ${set.name}, q of ${group.q.toString(2).length} bits, elements of ${elementLength} `,
    )
    expect(out).toContain(`scalars of ${scalarLength}\n`)
    expect(out).toContain(`  P, with a Device: ${toHex(parameters.digest(true))}\n`)

    const other = parametersOctets.slice()
    other[other.length - 1]! ^= 1
    expect(await run('inspect', fileOf(other))).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('(parameters/not-in-subgroup)') as string,
    })
    expect((await run('inspect', fileOf(parametersOctets.subarray(1)))).code).not.toBe(0)
  })

  it('explains a token, and verifies its signature', async () => {
    const octets = encodeToken(parameters, held!.token)
    const { code, out, err } = await inspect(octets)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^token\n {2}UID_P: urn:example:1\n {2}UID_T: [0-9a-f]{64}\n/)
    expect(out).toContain('  TI: until 2030\n  PI: none\n  with a Device: true\n')
    expect(out).toContain('  signature: verified\n')
    octets[octets.length - 1]! ^= 1
    expect((await inspect(octets)).out).toContain('  signature: refused: token/signature\n')
  })

  it('explains a held token without its private key', async () => {
    const { code, out } = await inspect(encodeIssuedToken(parameters, held!))
    expect(code).toBe(0)
    expect(out).toMatch(/^held token\n/)
    expect(out).toContain('  signature: verified\n  private key: in this file, not shown')
    expect(out).not.toContain(toHex(held!.privateKey))
  })

  it('explains a proof, and does not let it steer the terminal', async () => {
    const octets = encodeProof(parameters, proof)
    const { code, out } = await inspect(octets)
    expect(code).toBe(0)
    expect(out).toMatch(/^presentation proof\n/)
    expect(out).toContain('  disclosed:\n    - 2: citizen\n    - 3: \\u009b31m\n  undisclosed: 1\n')
    expect(out).toContain(`    of: the Device\n    P_s: ${toHex(proof.pseudonym!.pS)}\n`)
    expect(out).toContain(`    - 1: ${toHex(proof.commitments[0]!.cTilde)}\n`)
    const { out: json } = await inspect(octets, '--json')
    expect(JSON.parse(json)).toMatchObject([{ artefact: 'presentation proof', facts: { undisclosed: 1 } }])
    expect(await inspect(octets.subarray(1))).toMatchObject({ code: 2, out: '' })
  })
})

describe('uprove inspect refuses octets', () => {
  const curve = engine.curve(P256)
  const { parameters } = Issuer.create(curve, { uid: 'urn:example:1', attributes: 1, recommended: P256 })
  const octets = encodeIssuerParameters(parameters)
  const file = fileOf(octets)

  it('of Issuer parameters of Revision 1 over a curve', async () => {
    const { code, err } = await run('inspect', fileOf(Uint8Array.of(2, 1, ...octets.subarray(2))))
    expect(code).toBe(1)
    expect(err).toContain('refused: Revision 1 is not defined over P-256; use Revision 3 (parameters/group-revision)\n')
  })

  it('of an unknown curve', async () => {
    const name = new TextDecoder('latin1').decode(octets).indexOf('P-256')
    const other = octets.slice()
    other[name + 4] = '7'.charCodeAt(0)
    expect((await run('inspect', fileOf(other))).err).toContain('(parameters/unknown-curve)\n')
  })

  it.each([
    [['--parameters', file, '--c14n', file], '--parameters is for octets and JSON, --c14n and --id for XML'],
    [['--parameters', file, file], 'the file is not a token or a proof in octets under these Issuer parameters'],
    [['--parameters', '/nowhere', file], 'cannot read /nowhere: no such file'],
  ])('with the arguments %j', async (arguments_, message) => {
    const { code, err } = await run('inspect', ...arguments_)
    expect(code).toBe(2)
    expect(err).toContain(`uprove inspect: ${message}\n`)
  })
})
