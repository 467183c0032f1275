import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { L1024N160 } from '../../params/L1024N160.js'
import { encodePem } from '../../pki/asn1/pem.js'
import { createIssuer, signIssuerParameters } from '../../ws-trust/artefacts/issuer-parameters.js'
import { createPresentationToken } from '../../ws-trust/presentation/present.js'
import { makeCertificate } from '../../ws-trust/testing/certificates.js'
import {
  engine,
  GIVEN_NAME,
  heldTokens,
  issuerOptions,
  obtainTokens,
  testClock,
  xml,
} from '../../ws-trust/testing/fixtures.js'
import { ecdsaSha256 } from '../../xml/signature-algorithms.js'
import { run, type Ran } from '../testing/terminal.js'

const PARTY = 'https://party.example'
const RECEIVED_AT = '2010-01-15T12:00:30Z'

let folder: string
const file = (name: string): string => join(folder, name)

/** An old presentation: of a token in L1024N160 with SHA-1, made in 2010. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-'))
  const group = engine.subgroup(L1024N160, { allowLegacy: true })
  const old = { recommended: L1024N160, hash: 'SHA-1', allowLegacy: true }
  const issuer = createIssuer(group, { ...issuerOptions, ...old })
  const dates = { notBefore: '2009-01-01', notAfter: '2011-01-01' }
  const authority = await makeCertificate({ subject: 'Old CA', ca: true, ...dates })
  const { keys, der } = await makeCertificate({
    subject: 'Issuer',
    issuer: authority,
    dnsNames: ['fabrikam.com'],
    ...dates,
  })
  const signed = await signIssuerParameters(issuer.parameters, {
    recommended: L1024N160,
    key: keys.privateKey,
    algorithm: ecdsaSha256,
    certificates: [der],
  })
  const [token] = heldTokens(await obtainTokens(issuer, { claim: 1 }))
  const presentation = await createPresentationToken({
    relyingParty: PARTY,
    tokens: [{ token: token!, parameters: issuer.parameters, disclose: [GIVEN_NAME] }],
    clock: testClock().clock,
  })
  await writeFile(file('authority.pem'), encodePem('CERTIFICATE', authority.der))
  await writeFile(file('parameters.xml'), xml(signed))
  await writeFile(file('presentation.xml'), xml(presentation))
  await writeFile(file('tampered.xml'), xml(presentation).replace('>Bob<', '>Eve<'))
})
afterAll(() => rm(folder, { recursive: true }))

const verify = (name: string, ...options: string[]): Promise<Ran> =>
  run(
    ...['verify', '--parameters', file('parameters.xml'), '--trust', file('authority.pem'), '--relying-party', PARTY],
    ...[...options, file(name)],
  )

describe('uprove verify with an old presentation', () => {
  const then = ['--received-at', RECEIVED_AT]

  it('accepts L1024N160 and SHA-1 if the operator says so, as of the time when it was received', async () => {
    const accepted = await verify('presentation.xml', '--allow-legacy', ...then)
    expect(accepted).toMatchObject({ code: 0, err: '' })
    expect(accepted.out).toContain('givenname: Bob\n')
    expect(await verify('tampered.xml', '--allow-legacy', ...then)).toEqual({
      code: 1,
      out: 'Refused: presentation/proof\n',
      err: '',
    })
  })

  it('refuses them by default', async () => {
    expect(await verify('presentation.xml', ...then)).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('(ws-trust/unknown-group)') as string,
    })
  })

  it('refuses it as of today', async () => {
    expect(await verify('presentation.xml', '--allow-legacy')).toMatchObject({
      code: 1,
      err: expect.stringContaining('(ws-trust/signer)') as string,
    })
    const late = await verify('presentation.xml', '--allow-legacy', '--received-at', '2010-01-16T12:00:00Z')
    expect(late).toMatchObject({ code: 1, out: 'Refused: relying-party/time\n' })
  })

  it.each(['yesterday', '2010-13-01T00:00:00Z', '2010-01-15'])('refuses %s as a time', async (time) => {
    expect(await verify('presentation.xml', '--received-at', time)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--received-at takes a time in UTC') as string,
    })
  })
})
