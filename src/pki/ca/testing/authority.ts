import { parseCertificate } from '../../x509/certificate.js'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Engine } from '../../../../bindings/engine/engine.js'
import { L2048N256 } from '../../../params/L2048N256.js'
import { inTemporaryDirectory } from '../../../xml/testing/xmllint.js'
import type { Disposition, Requester, Submission } from '../../authority.js'
import { createRenewalRequest } from '../../requests/create-enrollment-request.js'
import { DsaKey } from '../../keys/dsa.js'
import { readEnrollmentRequest } from '../../requests/enrollment-request.js'
import { generateKey, signatureVerifier } from '../../keys/keys.js'
import { parseName } from '../../x509/name.js'
import { encodePem, type PemLabel } from '../../asn1/pem.js'
import { createCertificationRequest, type CertificationRequestContent } from '../../requests/pkcs10.js'
import type { SignatureVerifier, SigningKey } from '../../keys/signing.js'
import { createAuthority, type AuthorityOptions, type EmbeddedAuthority } from '../embedded-authority.js'
import { MemoryAuthorityStore } from '../records/memory-store.js'
import type { Profile } from '../policy/profile.js'
import { createRoot } from '../issuing/root.js'
import { createEngine } from '../../../../bindings/loading/create-engine.js'
import type { Octets } from '../../../../bindings/octets/octets.js'

export const DAY = 86_400_000

export const engine: Engine = await createEngine()
export const verifier: SignatureVerifier = signatureVerifier({ engine })

/** A key of DSA on the core. */
export const dsaKey = (): DsaKey => DsaKey.generate(engine.subgroup(L2048N256), { allowVariableTime: true })

/** A clock that tests set forward. */
export class TestClock {
  constructor(public time = Date.now()) {}
  readonly now = (): Date => new Date(this.time)
}

export const USER: Profile = {
  name: 'User',
  validity: 30 * DAY,
  keyUsage: ['digitalSignature', 'keyEncipherment'],
  extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
  enrollers: 'everyone',
  approval: 'automatic',
  renewal: { window: 10 * DAY },
}

export interface TestAuthority {
  readonly authority: EmbeddedAuthority
  readonly store: MemoryAuthorityStore
  readonly clock: TestClock
  readonly root: Octets
  readonly key: SigningKey
}

/** A root authority that issues certificates of these profiles. */
export async function testAuthority(options: Partial<Omit<AuthorityOptions, 'store'>> = {}): Promise<TestAuthority> {
  const { key = await generateKey('ECDSA-P256') } = options
  const clock = new TestClock()
  const subject = parseName('CN=Fabrikam CA,O=Fabrikam')
  const root = await createRoot({ key, subject, validity: 3650 * DAY, clock: () => new Date(clock.time - DAY) })
  const store = new MemoryAuthorityStore()
  const defaults = { profiles: [USER], defaultProfile: options.profiles ? undefined : 'User' }
  const { defaultProfile, ...rest } = { ...defaults, ...options }
  const authority = await createAuthority({
    ...{ chain: [root], store, verifier, clock: clock.now },
    ...rest,
    defaultProfile,
    key,
  })
  return { authority, store, clock, root, key }
}

export const alice: Requester = { by: 'account', id: 'alice', method: 'password' }
export const mallory: Requester = { by: 'account', id: 'mallory', method: 'password' }

/** A submission of a new request; by default of a new key, without anything but its names. */
export async function application(
  content: Partial<CertificationRequestContent> = {},
  requester: Requester = alice,
  additionalContext: Submission['additionalContext'] = [],
): Promise<Submission & { readonly key: SigningKey }> {
  const key = content.key ?? (await generateKey('ECDSA-P256'))
  const { der } = await createCertificationRequest({ subject: 'CN=anything', ...content, key })
  return { request: await readEnrollmentRequest(der, { verifier }), requester, additionalContext, key }
}

/** A submission that renews a certificate, by its key alone unless a requester is given. */
export async function renewal(
  certificate: Octets,
  oldKey: SigningKey,
  content: Partial<CertificationRequestContent> = {},
  requester: Requester = { by: 'certificate', certificate: parseCertificate(certificate) },
): Promise<Submission & { readonly key: SigningKey }> {
  const newKey = content.key ?? (await generateKey('ECDSA-P256'))
  const der = await createRenewalRequest({ ...content, certificate, oldKey, newKey })
  return { request: await readEnrollmentRequest(der, { verifier }), requester, additionalContext: [], key: newKey }
}

/** The certificate that was issued; fails if none was. */
export function issued(disposition: Disposition | undefined): Octets {
  if (disposition?.status !== 'issued') throw new Error(`not issued: ${JSON.stringify(disposition)}`)
  return disposition.certificate
}

/** Runs a program on these files in PEM; its output, and whether it succeeded. */
export function run(
  files: Readonly<Record<string, readonly [label: PemLabel, ...der: readonly Octets[]]>>,
  program: string,
  ...args: readonly string[]
): { readonly output: string; readonly ok: boolean } {
  return inTemporaryDirectory((directory) => {
    for (const [name, [label, ...all]] of Object.entries(files)) {
      writeFileSync(path.join(directory, name), all.map((der) => encodePem(label, der)).join(''))
    }
    const { stdout, stderr, status } = spawnSync(program, args, {
      cwd: directory,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    return { output: stdout + stderr, ok: status === 0 }
  })
}
