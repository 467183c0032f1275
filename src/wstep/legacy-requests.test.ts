import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { testAuthority, USER, verifier } from '../pki/ca/testing/authority.js'
import type { Profile } from '../pki/ca/policy/profile.js'
import type { LegacyRequests } from '../pki/requests/enrollment-request.js'
import { generateKey } from '../pki/keys/keys.js'
import { createCertificationRequest } from '../pki/requests/pkcs10.js'
import { SecurityTokenService, type SecurityTokenServiceOptions } from './security-token-service.js'
import { envelopeText, passwordText, post, requestText, tokenText } from './testing/exchange.js'
import { ScriptedAuthority } from './testing/scripted-authority.js'
import { sequence } from '../pki/asn1/der.js'

const vector = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(`../../vectors/${name}.der`, import.meta.url)))
const SPECIFICATION_RENEWAL = vector('wstep/4.1.5.1-renewal')

/** The kinds of profile; the requests call theirs Auto. */
const SIGNING: Profile = { ...USER, name: 'Auto' }
const ENCRYPTING: Profile = {
  ...SIGNING,
  keyUsage: ['keyEncipherment', 'keyAgreement'],
  extendedKeyUsage: ['1.3.6.1.5.5.7.3.4'],
}
const WEAK: Profile = { ...SIGNING, keys: { rsa: { min: 1024, max: 4096 } } }

/** Sends a request as alice; `issued`, or the cause of the refusal. */
async function ask(
  request: Uint8Array,
  options: Pick<SecurityTokenServiceOptions, 'legacy' | 'requirements'>,
  profile = SIGNING,
): Promise<string> {
  const { authority, clock } = await testAuthority({ profiles: [profile], defaultProfile: profile.name })
  const refused: string[] = []
  const service = new SecurityTokenService({
    authority,
    verifier,
    address: 'https://sts.example/wstep',
    accounts: { verify: (name, password) => Promise.resolve(password === 'wonderland' ? name : undefined) },
    clock: clock.now,
    events: { refused: (code) => void refused.push(code) },
    ...options,
  })
  const body = requestText({ content: tokenText(request) })
  const { status, body: answer } = await post(
    service,
    envelopeText({ security: passwordText('alice', 'wonderland'), body }),
  )
  expect(status).toBe(refused.length === 0 ? 200 : 500)
  expect(new TextDecoder().decode(answer)).toContain(refused.length === 0 ? 'Issued' : 'Fault')
  return refused[0] ?? 'issued'
}

/** Another last octet: that of a signature. */
const flipped = (octets: Uint8Array, at = octets.length - 1): Uint8Array =>
  octets.map((octet, i) => (i === at ? octet ^ 1 : octet))

describe('requests of old clients', () => {
  it.each<[name: string, setting: keyof LegacyRequests, profile: Profile, cause: string, ofTwin: string]>([
    ['requests/csr/sha1', 'sha1Possession', SIGNING, 'pki/algorithm', 'pki/signature'],
    ['requests/cmc/cmc-sha1-digest', 'sha1Possession', SIGNING, 'pki/cms-digest', 'pki/signer-signature'],
    ['requests/cmc/cmc-inner-null-sha256', 'nullSignatures', ENCRYPTING, 'pki/null-signature', 'pki/signer-signature'],
    ['requests/cmc/openssl-cms-stream', 'ber', SIGNING, 'pki/not-der', 'pki/signer-signature'],
  ])('%s needs %s', async (name, setting, profile, cause, ofTwin) => {
    const request = vector(name)
    const all: readonly (keyof LegacyRequests)[] = ['sha1Possession', 'sha1Renewal', 'nullSignatures', 'ber']
    const others = Object.fromEntries(all.map((one) => [one, one !== setting]))
    expect(await ask(request, {}, profile)).toBe(cause)
    expect(await ask(request, { legacy: others }, profile)).toBe(cause)
    expect(await ask(request, { legacy: { [setting]: true } }, profile)).toBe('issued')
    // In BER the signature is followed by the ends of indefinite lengths.
    const end = setting === 'ber' ? request.findLastIndex((octet) => octet !== 0) : request.length - 1
    expect(await ask(flipped(request, end), { legacy: { [setting]: true } }, profile)).toBe(ofTwin)
  })

  it('with null signatures are never for keys that sign or authenticate', async () => {
    const legacy = { nullSignatures: true, sha1Possession: true }
    for (const name of ['cmc-inner-null-sha256', 'cmc-inner-null-sha1']) {
      expect(await ask(vector(`requests/cmc/${name}`), { legacy })).toBe('denial/null-signature')
    }
    // The null signature itself uses SHA-1.
    const onlyNull = { nullSignatures: true }
    expect(await ask(vector('requests/cmc/cmc-inner-null-sha1'), { legacy: onlyNull }, ENCRYPTING)).toBe(
      'pki/null-signature',
    )
  })

  it('in BER hold a PKCS#10 in DER, and a bare one is in DER', async () => {
    const legacy = { ber: true }
    expect(await ask(vector('requests/csr/indefinite-length'), { legacy })).toBe('pki/not-der')
    expect(await ask(vector('requests/csr/bool-ber'), { legacy })).toBe('pki/not-der')
    expect(await ask(Uint8Array.of(...vector('requests/cmc/openssl-cms-stream'), 0), { legacy })).toBe('pki/not-der')
  })

  it('with short RSA keys need requirements and a profile that both take them', async () => {
    const request = vector('requests/csr/rsa1024')
    const requirements = { minRsaBits: 1024 }
    expect(await ask(request, {}, WEAK)).toBe('pki/rsa-too-small')
    expect(await ask(request, { requirements }, SIGNING)).toBe('denial/key-kind')
    expect(await ask(request, { requirements }, WEAK)).toBe('issued')
    expect(await ask(flipped(request), { requirements }, WEAK)).toBe('pki/signature')
  })

  it('of today pass with every setting', async () => {
    const { der } = await createCertificationRequest({ subject: 'CN=x', key: await generateKey('ECDSA-P256') })
    const legacy = { sha1Possession: true, sha1Renewal: true, nullSignatures: true, ber: true }
    expect(await ask(der, { legacy, requirements: { minRsaBits: 1024 } })).toBe('issued')
  })
})

describe('the renewal of the specification, 4.1.5.1', () => {
  /** As the key of the old certificate alone, which the authority would renew. */
  async function renew(request: Uint8Array, legacy: LegacyRequests | undefined) {
    const old = new ScriptedAuthority()
    old.renewable = () => true
    old.submitted = () =>
      Promise.resolve({
        status: 'issued',
        requestId: '7',
        certificate: vector('wstep/4.1.1.2-certificate'),
        response: sequence(),
      })
    const refused: string[] = []
    const service = new SecurityTokenService({
      authority: old,
      verifier,
      legacy,
      address: 'https://sts.example/wstep',
      accounts: { verify: () => Promise.resolve(undefined) },
      events: { refused: (code) => void refused.push(code) },
    })
    const text = envelopeText({ security: null, body: requestText({ content: tokenText(request) }) })
    const { status } = await post(service, text)
    return { status, cause: refused[0], requester: old.submissions[0]?.requester }
  }
  const both: LegacyRequests = { sha1Possession: true, sha1Renewal: true }

  it('reaches the authority with both settings for SHA-1', async () => {
    expect(await renew(SPECIFICATION_RENEWAL, both)).toMatchObject({
      status: 200,
      cause: undefined,
      requester: { by: 'certificate' },
    })
  })

  it('is refused without either, for the hash', async () => {
    expect(await renew(SPECIFICATION_RENEWAL, undefined)).toMatchObject({ status: 500, cause: 'pki/algorithm' })
    expect(await renew(SPECIFICATION_RENEWAL, { sha1Renewal: true })).toMatchObject({ cause: 'pki/algorithm' })
    expect(await renew(SPECIFICATION_RENEWAL, { sha1Possession: true })).toMatchObject({ cause: 'pki/cms-digest' })
  })

  it('is refused with a signature changed', async () => {
    expect(await renew(flipped(SPECIFICATION_RENEWAL), both)).toMatchObject({ cause: 'pki/renewal-signature' })
  })
})
