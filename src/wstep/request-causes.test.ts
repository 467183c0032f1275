import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { testAuthority, USER, verifier } from '../pki/ca/testing/authority.js'
import { createCertificationRequest } from '../pki/requests/pkcs10.js'
import { generateKey } from '../pki/keys/keys.js'
import { fillDetail, type CauseCode } from './faults/causes.js'
import { ENGLISH, FRENCH, GERMAN, JAPANESE, type Catalogue } from './faults/texts.js'
import { SecurityTokenService } from './security-token-service.js'
import { answerOf, envelopeText, faultIn, passwordText, post, requestText, tokenText } from './testing/exchange.js'

const folder = new URL('../../vectors/requests/', import.meta.url)
const names = ['csr', 'cmc'].flatMap((kind) =>
  readdirSync(new URL(`${kind}/`, folder)).map((name) => `${kind}/${name.replace('.der', '')}`),
)
const vector = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`${name}.der`, folder)))

const INVALID_DATA = 0x8007000d
const BAD_SIGNATURE = 0x80090006
const BAD_ALGID = 0x80090008
const KEY_LENGTH = 0x80094811

/** The requests that are refused: cause, HRESULT, and what the text names. All others are issued. */
const REFUSED: Readonly<Record<string, readonly [code: CauseCode, errorCode: number, detail?: string]>> = {
  'csr/sha1': ['pki/algorithm', BAD_ALGID, 'sha1WithRSAEncryption'],
  'csr/md5': ['pki/algorithm', BAD_ALGID, 'md5WithRSAEncryption'],
  'csr/ecdsa-sigalg-null': ['pki/algorithm-parameters', BAD_ALGID],
  'csr/bad-signature': ['pki/signature', BAD_SIGNATURE],
  'csr/bool-ber': ['pki/not-der', INVALID_DATA, '376'],
  'csr/indefinite-length': ['pki/not-der', INVALID_DATA, '0'],
  'csr/trailing-newline-octet': ['pki/not-der', INVALID_DATA, '603'],
  'csr/version-2': ['pki/request-version', INVALID_DATA],
  'csr/two-attributes-same-type': ['pki/duplicate', INVALID_DATA, 'osVersion'],
  'csr/two-basicconstraints': ['pki/duplicate', INVALID_DATA, 'basicConstraints'],
  'csr/two-extreq': ['pki/duplicate', INVALID_DATA, 'extensionRequest'],
  'csr/extreq-empty-set': ['pki/empty', INVALID_DATA, 'extensionRequest'],
  'csr/brainpool': ['pki/ec-curve', KEY_LENGTH, 'brainpoolP256r1'],
  'csr/p224': ['pki/ec-curve', KEY_LENGTH, 'P-224'],
  'csr/secp256k1': ['pki/ec-curve', KEY_LENGTH, 'secp256k1'],
  'csr/p256-compressed': ['pki/ec-compressed', KEY_LENGTH],
  'csr/ed25519': ['pki/key-type', KEY_LENGTH, 'Ed25519'],
  'csr/pss-key': ['pki/key-type', KEY_LENGTH, 'id-RSASSA-PSS'],
  'csr/rsa1024': ['pki/rsa-too-small', KEY_LENGTH],
  'csr/template-v2-oid': ['denial/template-unknown', 0x80094800, 'Auto, User'],
  'cmc/cmc-bodypart-same': ['pki/cmc-body-part', INVALID_DATA],
  'cmc/cmc-crmf': ['pki/cmc-body', INVALID_DATA, 'CRMF'],
  'cmc/cmc-dataReturn': ['pki/cmc-control', INVALID_DATA, 'dataReturn'],
  'cmc/cmc-identification': ['pki/cmc-control', INVALID_DATA, 'identification'],
  'cmc/cmc-identityProofV2': ['pki/cmc-control', INVALID_DATA, 'identityProofV2'],
  'cmc/cmc-two-requests': ['pki/cmc-requests', INVALID_DATA],
  'cmc/cmc-inner-bad-sig': ['pki/signature', BAD_SIGNATURE],
  'cmc/cmc-inner-null-sha1': ['pki/null-signature', BAD_SIGNATURE],
  'cmc/cmc-inner-null-sha256': ['pki/null-signature', BAD_SIGNATURE],
  'cmc/cms-data-p10-null': ['pki/null-signature', BAD_SIGNATURE],
  'cmc/cmc-no-signed-attrs': ['pki/cms-attributes', INVALID_DATA],
  'cmc/cmc-reginfo-utf16': ['pki/pairs', INVALID_DATA],
  'cmc/cmc-sha1-digest': ['pki/cms-digest', BAD_ALGID, 'SHA-1'],
  'cmc/openssl-cms-md': ['pki/cms-digest', BAD_ALGID, 'SHA-1'],
  'cmc/openssl-cms-stream': ['pki/not-der', INVALID_DATA, '0'],
}

const CATALOGUES: readonly (readonly [tag: string, texts: Catalogue])[] = [
  ['en-US', ENGLISH],
  ['de-DE', GERMAN],
  ['fr-FR', FRENCH],
  ['ja-JP', JAPANESE],
]

async function testService(defaultProfile?: string) {
  const profiles = [{ ...USER, name: 'Auto' }, USER, { ...USER, name: 'Secret', enrollers: ['bob'] }]
  const { authority, clock } = await testAuthority({ profiles, defaultProfile })
  const logged: { code: string; requestId?: string }[] = []
  const service = new SecurityTokenService({
    authority,
    verifier,
    address: 'https://sts.example/wstep',
    accounts: { verify: (name) => Promise.resolve(name) },
    clock: clock.now,
    events: {
      refused: (code, { requestId }) => void logged.push({ code, requestId }),
      failed: (error) => {
        throw error
      },
    },
  })
  const send = async (der: Uint8Array, language = 'en-US') => {
    const body = requestText({ attributes: `PreferredLanguage="${language}"`, content: tokenText(der) })
    return answerOf(await post(service, envelopeText({ security: passwordText('alice', 'any'), body })))
  }
  return { send, logged, clock }
}

describe('the requests in vectors/requests', () => {
  it('have their refusals in the table', () => {
    expect(Object.keys(REFUSED).filter((name) => !names.includes(name))).toEqual([])
  })

  it.each(names.filter((name) => !Object.hasOwn(REFUSED, name)))('%s is issued', async (name) => {
    const { send, logged } = await testService('User')
    expect((await send(vector(name))).http.status).toBe(200)
    expect(logged).toEqual([])
  })

  it.each(Object.entries(REFUSED))('%s is refused for its cause, in each language', async (name, expected) => {
    const [code, errorCode, detail] = expected
    const { send, logged } = await testService()
    for (const [tag, texts] of CATALOGUES) {
      const fault = faultIn(await send(vector(name), tag))
      const text = texts[code] ?? ''
      expect(text.includes('{}'), text).toBe(detail !== undefined)
      expect(fault.reasons).toEqual([{ language: tag, text: `${fillDetail(text, detail)} (${code})` }])
      expect(fault.enrollment?.errorCode).toBe(errorCode | 0)
      // Only what reached the authority has a number, and the log has the same.
      expect(logged.pop()).toEqual({ code, requestId: fault.enrollment?.requestId })
      expect(fault.enrollment?.requestId !== undefined).toBe(code.startsWith('denial/'))
    }
  })
})

describe('a refusal says', () => {
  it('which templates there are for the account, if a request names none', async () => {
    const { send } = await testService()
    const { der } = await createCertificationRequest({ subject: 'CN=x', key: await generateKey('ECDSA-P256') })
    const fault = faultIn(await send(der))
    expect(fault.message).toBe(
      'The request names no certificate template (there are: Auto, User). (denial/template-missing)',
    )
    expect(fault.enrollment?.errorCode).toBe(0x80094801 | 0)
    const { send: sendByDefault } = await testService('User')
    expect((await sendByDefault(der)).http.status).toBe(200)
  })

  it('nothing of a place that it does not know', () => {
    expect(fillDetail('No such thing (there are: {}). Look again.', undefined)).toBe('No such thing. Look again.')
    expect(fillDetail('No such thing ({}).', '$&')).toBe('No such thing ($&).')
  })
})
