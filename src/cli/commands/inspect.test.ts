import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canonicalize } from '../../xml/canonicalize.js'
import { ecdsaSha256 } from '../../xml/signature-algorithms.js'
import type { XmlElement } from '../../xml/tree.js'
import { signDeviceParameters } from '../../ws-trust/artefacts/device-parameters.js'
import { signIssuerParameters, writeIssuerParameters } from '../../ws-trust/artefacts/issuer-parameters.js'
import type { HeldToken } from '../../ws-trust/artefacts/held-tokens.js'
import { createPresentationToken } from '../../ws-trust/presentation/present.js'
import { generateKeys } from '../../ws-trust/testing/certificates.js'
import {
  alice,
  createParties,
  createTestIssuer,
  EMAIL,
  group,
  heldTokens,
  obtainTokens,
  sets,
  testClock,
  xml,
} from '../../ws-trust/testing/fixtures.js'
import { run } from '../testing/terminal.js'

const folder = mkdtempSync(path.join(tmpdir(), 'inspect-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})
let files = 0
function fileOf(content: XmlElement | string): string {
  const file = path.join(folder, `${++files}.xml`)
  writeFileSync(file, typeof content === 'string' ? content : canonicalize(content))
  return file
}

const issuer = createTestIssuer()
const { parameters: profile } = issuer
let presentation: XmlElement
beforeAll(async () => {
  const held = heldTokens(await obtainTokens(issuer, { claim: 1, ID: 1 })) as [HeldToken, HeldToken]
  presentation = await createPresentationToken({
    relyingParty: 'urn:contoso',
    signedData: 'I \u009b31magree',
    tokens: held.map((token) => ({ token, parameters: profile, disclose: [EMAIL] })),
    clock: testClock().clock,
    consent: () => true,
  })
})

describe('uprove inspect explains', () => {
  it('Issuer parameters, which it verifies, and their signature, which it does not', async () => {
    const { code, out, err } = await run('inspect', fileOf(writeIssuerParameters(profile)))
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('Issuer parameters\n  UIDP: http://fabrikam.com/ip1\n  Issuer: http://fabrikam.com\n')
    expect(out).toContain('  group: L2048N256, p of 2048 bits, q of 256\n')
    expect(out).toContain('    - 2: http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname\n')
    expect(out).toContain('  signature: none\n')
    const { privateKey: key } = await generateKeys()
    const signed = await signIssuerParameters(profile, { key, algorithm: ecdsaSha256, recommended: sets[0]! })
    const { out: json } = await run('inspect', '--json', fileOf(signed))
    expect(JSON.parse(json)).toMatchObject([
      { artefact: 'Issuer parameters', facts: { signature: { certificates: 0, verified: false } } },
    ])
  })

  it('the messages of an issuance', async () => {
    const { provider, client } = createParties(issuer)
    const exchange = client.begin({ claim: 2, ID: 1 })
    const first = await provider.request(alice, exchange.request)
    const second = exchange.respond(first)
    const third = await provider.respond(alice, second)
    const explained = await Promise.all(
      [exchange.request, first, second, third].map(async (message) => (await run('inspect', fileOf(message))).out),
    )
    expect(explained.map((text) => text.split('\n')[0])).toEqual([
      'token request',
      'first issuance response',
      'second issuance response',
      'third issuance response',
    ])
    expect(explained[0]).toContain('  asked for:\n    - 2 claim\n    - 1 ID\n')
    expect(explained[1]).toContain('        - 2: Bob\n')
    expect(explained[2]).toContain('  sigma_c by instance:\n    - 2\n    - 1\n')
    expect(explained.every((text) => text.includes(`Context: ${exchange.context}\n`))).toBe(true)
  })

  it('presentation tokens, and does not let them steer the terminal', async () => {
    const { out } = await run('inspect', fileOf(presentation))
    expect(out).toContain('    made by: the client\n    at: 2010-01-15T12:00:00.000Z\n    for: urn:contoso\n')
    expect(out).toContain('    data signed: I \\u009b31magree\n')
    expect(out).toContain('        - 1: bob@contoso.com\n')
    expect(out).toContain('all attributes; they are null')
    expect(out).not.toContain('\u009b')
  })

  it('Device parameters, tokens, and what stands within another document', async () => {
    const { privateKey: key } = await generateKeys()
    const device = { deviceGenerator: profile.deviceGenerator!, hd: group.generator }
    const parameters = await signDeviceParameters(device, 'device', { key, algorithm: ecdsaSha256 })
    const token = xml(presentation.elements[1]!.elements[0]!.elements[0]!)
    const { out } = await run('inspect', fileOf(`<a><b>${xml(parameters)}</b>text${token}</a>`))
    expect(out).toMatch(/^Device parameters\n {2}Device generator: urn:oid:[^]*\n\ntoken\n {2}UIDP: http/)
  })
})

describe('uprove inspect --c14n', () => {
  const document =
    '<?xml version="1.0"?>\n<r xmlns:a="urn:a" xmlns:unused="urn:u"><!-- left out --><a:x  Id="one" b="2" a="1" /><y Id="two"><z/></y></r>'

  it('prints the exclusive canonical form, comments left out', async () => {
    const { code, out } = await run('inspect', '--c14n', fileOf(document))
    expect({ code, out }).toEqual({
      code: 0,
      out: '<r><a:x xmlns:a="urn:a" Id="one" a="1" b="2"></a:x><y Id="two"><z></z></y></r>',
    })
  })

  it('prints that of one element', async () => {
    const { out } = await run('inspect', fileOf(document), '--c14n', '--id', 'one')
    expect(out).toBe('<a:x xmlns:a="urn:a" Id="one" a="1" b="2"></a:x>')
  })
})

describe('uprove inspect refuses', () => {
  it.each([
    ['malformed XML', '<a>', 'xml/not-well-formed'],
    ['a DOCTYPE', '<!DOCTYPE a><a/>', 'xml/doctype'],
    ['a comment in an artefact', '<a><!-- --></a>', 'xml/comment'],
  ])('%s', async (_, content, code) => {
    const { code: exitCode, out, err } = await run('inspect', fileOf(content))
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' })
    expect(err).toContain(`refused: `)
    expect(err).toContain(`(${code})\n`)
  })

  it('what is wrong with an artefact', async () => {
    const wrong = (element: XmlElement, from: string, to: string) =>
      run('inspect', fileOf(xml(element).replace(from, to)))
    expect((await wrong(presentation, '<up:TI>', '<up:TI> ')).err).toContain('(ws-trust/white-space)')
    expect((await wrong(writeIssuerParameters(profile), '<up:E>1', '<up:E>0')).err).toContain('(ws-trust/e-value)')
    const g0 = /<up:G>[^<]*/.exec(xml(writeIssuerParameters(profile)))![0]
    const one = await wrong(writeIssuerParameters(profile), g0, '<up:G>AQ==')
    expect(one).toMatchObject({ code: 1, out: '' })
    expect(one.err).toContain('(parameters/not-in-subgroup)')
  })

  it.each([
    [[], 'missing FILE'],
    [['a', 'b'], 'too many arguments; inspect takes one FILE'],
    [['--c14n', '--json', 'a'], '--c14n and --json cannot be combined'],
    [['/nowhere'], 'cannot read /nowhere: no such file'],
  ])('the arguments %j', async (arguments_, message) => {
    const { code, err } = await run('inspect', ...arguments_)
    expect(code).toBe(2)
    expect(err).toContain(`uprove inspect: ${message}\n`)
  })

  it('identifiers that are not there, or twice, and documents without an artefact', async () => {
    const file = fileOf('<r><a Id="x"/><b ID="x"/></r>')
    expect((await run('inspect', file, '--c14n', '--id', 'y')).err).toContain('no element has the identifier y')
    expect((await run('inspect', file, '--c14n', '--id', 'x')).err).toContain('several elements have the identifier x')
    expect(await run('inspect', file)).toMatchObject({ code: 2, out: '' })
  })
})
