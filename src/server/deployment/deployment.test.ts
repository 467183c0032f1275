import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import { L1024N160 } from '../../params/L1024N160.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { encodePem } from '../../pki/asn1/pem.js'
import { createAuthority } from '../../pki/ca/embedded-authority.js'
import { createRoot } from '../../pki/ca/issuing/root.js'
import { serialText } from '../../pki/ca/issuing/sign-certificate.js'
import { MemoryAuthorityStore } from '../../pki/ca/records/memory-store.js'
import type { RevocationReason } from '../../pki/ca/records/store.js'
import { generateKey, signatureVerifier, webCryptoKey } from '../../pki/keys/keys.js'
import type { SigningKey } from '../../pki/keys/signing.js'
import { parseCertificate } from '../../pki/x509/certificate.js'
import { parseName } from '../../pki/x509/name.js'
import { createIssuer, signIssuerParameters } from '../../ws-trust/artefacts/issuer-parameters.js'
import { makeCertificate, type TestCertificate } from '../../ws-trust/testing/certificates.js'
import { EXTENDED_KEY_USAGE, type SignerTrust, type SigningPurpose } from '../../ws-trust/trust/signer.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { ecdsaSha256 } from '../../xml/signature-algorithms.js'
import { Deployment, type Environment } from './deployment.js'
import { configurationTemplate, FILES } from './templates.js'

const parts = {
  ...{ url: 'https://localhost:8443', port: 8443, adminPort: 8444, httpPort: 8080, certificatePort: 8446 },
  policyId: '{00000000-0000-4000-8000-000000000000}',
  templateArc: '1.2.3',
}
const template = configurationTemplate(parts)
const engine = await createEngine()
afterAll(() => engine.dispose())
const DAY = 86_400_000
const store = { authority: new MemoryAuthorityStore() }

const [here, elsewhere] = await Promise.all(
  ['Here', 'Elsewhere'].map((subject) => makeCertificate({ subject, ca: true })),
)
const url = 'https://localhost:8443'
const signerBelow = (issuer: TestCertificate, purpose: SigningPurpose): Promise<TestCertificate> =>
  makeCertificate({ subject: 'Signer', issuer, uris: [url], extendedKeyUsage: [EXTENDED_KEY_USAGE[purpose]] })

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'deployment-'))
  mkdirSync(path.join(folder, 'keys'))
  write(FILES.users, 'users: {}\n')
  write(FILES.authorityCertificate, encodePem('CERTIFICATE', here!.der))
})
afterEach(() => rmSync(folder, { recursive: true }))
const write = (file: string, text: string): void => writeFileSync(path.join(folder, file), text)

function open(settings: string, after: string): Promise<Deployment> {
  write(FILES.configuration, template.replace(after, `${after}\n${settings}`))
  return Deployment.open(folder, {})
}

describe('the store', () => {
  const url = 'postgresql://uprove:secret@db.example/uprove'
  const made = configurationTemplate({ ...parts, storeInEnvironment: true })

  it('of a deployment that was made with DATABASE_URL is the one that it names, and no other', async () => {
    write(FILES.configuration, made)
    const at = async (environment: Environment) => (await Deployment.open(folder, environment)).storeOptions()
    expect(await at({ DATABASE_URL: url })).toMatchObject({ url })
    expect(await at({ DATABASE_URL: url, STATE_DATABASE_URL: `${url}2` })).toMatchObject({ url, stateUrl: `${url}2` })
    const message = expect.stringMatching(
      /uprove\.yaml: store: is `environment`, and DATABASE_URL is not set/,
    ) as string
    for (const environment of [{}, { DATABASE_URL: '' }]) {
      await expect(at(environment)).rejects.toMatchObject({ code: 'server/configuration', message })
    }
  })

  it('is in the folder otherwise, unless DATABASE_URL names one', async () => {
    write(FILES.configuration, template)
    const here = await Deployment.open(folder, {})
    expect(here.storeOptions()).toMatchObject({
      folder: path.join(folder, 'data'),
      stateFolder: path.join(folder, 'state'),
    })
    expect((await Deployment.open(folder, { DATABASE_URL: url })).storeOptions()).toMatchObject({ url })
  })
})

describe('who may sign Device parameters', () => {
  const isTrusted = async (trust: SignerTrust, { der }: TestCertificate): Promise<boolean> =>
    (await trust.findSigner({ algorithm: ecdsaSha256.identifier, certificates: [der] }, 'device-parameters')) !==
    undefined

  it.each<[string, string, boolean, boolean]>([
    ['the authority here, by default', '  patience: 9s', true, false],
    ['the one that is configured, and no other', '  devices: { authority: keys/devices.crt }', false, true],
  ])('is certified by %s', async (_, settings, byHere, byElsewhere) => {
    write('keys/devices.crt', encodePem('CERTIFICATE', elsewhere!.der))
    const deployment = await open(settings, 'claimProvider:')
    const trust = await deployment.deviceTrust(await deployment.trust(store), store)
    expect(await isTrusted(trust, await signerBelow(here!, 'device-parameters'))).toBe(byHere)
    expect(await isTrusted(trust, await signerBelow(elsewhere!, 'device-parameters'))).toBe(byElsewhere)
    // Nor by a certificate for another purpose.
    for (const issuer of [here!, elsewhere!]) {
      expect(await isTrusted(trust, await signerBelow(issuer, 'issuer-parameters'))).toBe(false)
    }
  })
})

describe('the policy', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('may have changed when the users were read again, unless their file is of no use', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 })
    const deployment = await open('  patience: 9s', 'claimProvider:')
    const changed = (): number => deployment.policyChanged.getTime()
    // Clients' clocks may be five minutes ahead.
    expect(changed()).toBe(1_300_000)
    vi.setSystemTime(2_000_000)
    expect(changed()).toBe(1_300_000)
    await deployment.reloadUsers()
    expect(changed()).toBe(2_300_000)
    vi.setSystemTime(3_000_000)
    write(FILES.users, 'users: [')
    await expect(deployment.reloadUsers()).rejects.toThrow()
    expect(changed()).toBe(2_300_000)
  })
})

describe('Issuer parameters of L1024N160', () => {
  it('are read for a Relying Party that allows legacy parameters, and for no other', async () => {
    const deployment = await open('  allowLegacy: true', 'relyingParty:')
    const { parameters } = createIssuer(engine.subgroup(L1024N160, { allowLegacy: true }), {
      uidp: `${url}/issuer-parameters/old`,
      issuer: url,
      notBefore: new Date('2010-01-01'),
      notOnOrAfter: new Date('2028-01-01'),
      claimTypes: ['urn:name'],
      recommended: L1024N160,
      allowLegacy: true,
    })
    const signer = await signerBelow(here!, 'issuer-parameters')
    const signed = await signIssuerParameters(parameters, {
      recommended: L1024N160,
      key: signer.keys.privateKey,
      algorithm: ecdsaSha256,
      certificates: [signer.der],
    })
    write('old.xml', new TextDecoder().decode(canonicalize(signed)))
    const trust = await deployment.trust(store)
    const { allowLegacy } = deployment.configuration.relyingParty
    expect(allowLegacy).toBe(true)
    const read = await deployment.issuerParameters('old.xml', engine, trust, { allowLegacy })
    expect(read.uidp).toBe(`${url}/issuer-parameters/old`)
    const refused = deployment.issuerParameters('old.xml', engine, trust)
    await expect(refused).rejects.toMatchObject({ name: 'ConfigurationError' })
    expect((await open('  deviceRequired: true', 'relyingParty:')).configuration.relyingParty.allowLegacy).toBe(false)
  })
})

describe('Issuer parameters whose signer has a compromised key', () => {
  it('are refused, though the certificate of the signature is neither revoked nor of the same name', async () => {
    const authority = new MemoryAuthorityStore()
    const deployment = await open('  patience: 9s', 'claimProvider:')
    const { parameters } = createIssuer(engine.subgroup(L2048N256), {
      uidp: `${url}/issuer-parameters/1`,
      issuer: url,
      notBefore: new Date('2010-01-01'),
      notOnOrAfter: new Date('2028-01-01'),
      claimTypes: ['urn:name'],
      recommended: L2048N256,
    })
    const signer = await signerBelow(here!, 'issuer-parameters')
    const signed = await signIssuerParameters(parameters, {
      recommended: L2048N256,
      key: signer.keys.privateKey,
      algorithm: ecdsaSha256,
      certificates: [signer.der],
    })
    write('signed.xml', new TextDecoder().decode(canonicalize(signed)))
    const trust = await deployment.trust({ authority })
    const read = () => deployment.issuerParameters('signed.xml', engine, trust)

    // Two other certificates, recorded here: one of that key, and one of another.
    const key = await generateKey('ECDSA-P256')
    const root = await createRoot({ key, subject: parseName('CN=Here'), validity: DAY })
    const options = { chain: [root] as const, verifier: signatureVerifier(), profiles: [], store: authority }
    const ca = await createAuthority({ key, ...options })
    const revoke = async ({ publicKey }: SigningKey, reason: RevocationReason): Promise<void> => {
      const der = await ca.certifyAuthority({ publicKey, subject: parseName('CN=Other'), validity: DAY / 2 })
      await ca.revoke(serialText(parseCertificate(der).serialNumber), reason)
    }
    const own = await webCryptoKey(signer.keys)
    await revoke(await generateKey('ECDSA-P256'), 'keyCompromise')
    await revoke(own, 'superseded')
    await expect(read()).resolves.toMatchObject({ uidp: parameters.uidp })
    await revoke(own, 'keyCompromise')
    await expect(read()).rejects.toMatchObject({ cause: { code: 'ws-trust/signer' } })
  })
})
