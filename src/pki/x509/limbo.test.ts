import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import { decodePem } from '../asn1/pem.js'
import { undefinedOn } from '../../../bindings/errors.js'
import { PkiError } from '../errors.js'
import { signatureVerifier } from '../keys/keys.js'
import { parseCertificate, type Certificate } from './certificate.js'
import { crlRevocation } from './crl.js'
import { findPath } from './path.js'

// x509-limbo of C2SP, which is generated from its source (`python3 -m limbo compile -o limbo.json`). LIMBO_JSON says where it is.
// docs/pki.md has the result. Left out are the cases whose outcome depends on a name that the caller looks for, on rules of the
// CA/Browser Forum, or on a limit of the path's length: none of them is for `findPath` to say.

const file = process.env['LIMBO_JSON'] ?? ''
const isThere = existsSync(file)
if (!isThere)
  console.warn('SKIPPED: x509-limbo, because LIMBO_JSON names no file (generate limbo.json from C2SP/x509-limbo)')

interface Case {
  readonly id: string
  readonly features: readonly string[]
  readonly validation_kind: 'CLIENT' | 'SERVER'
  readonly trusted_certs: readonly string[]
  readonly untrusted_intermediates: readonly string[]
  readonly peer_certificate: string
  readonly validation_time: string | null
  readonly extended_key_usage: readonly string[]
  readonly expected_result: 'SUCCESS' | 'FAILURE'
  readonly crls: readonly string[]
}

/** Not run. The suite of BetterTLS, which it may include, is about names. */
const NOT_OURS =
  /^(webpki::|bettertls::|pathlen::max-chain-depth-|rfc5280::ca-as-leaf-wrong-san$|rfc5280::san::(ip-in-dns|underscore-dns)$)/

/** Invalid paths that are accepted, with the reason. */
const ACCEPTED: Readonly<Record<string, string>> = {
  'rfc5280::pc::ica-noncritical-pc': 'PKITS has policy constraints that are not critical in valid paths',
  'rfc5280::root-non-critical-basic-constraints': 'PKITS has such basic constraints in valid paths',
  'rfc5280::aki::cross-signed-root-missing-aki': 'so is the anchor of cve::cve-2024-0567, which must be accepted',
}

/** Valid paths that are refused, with the reason. */
const REFUSED: Readonly<Record<string, string>> = {
  'rfc5280::nc::nc-forbids-othername-noop':
    'constraints of other forms of names refuse the path, whether there are such names or not',
}

const cases = isThere ? (JSON.parse(readFileSync(file, 'utf8')) as { testcases: Case[] }).testcases : []
const ours = cases.filter(({ id }) => !NOT_OURS.test(id))
const isValid = ({ expected_result: expected }: Case): boolean => expected === 'SUCCESS'

const PURPOSES = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' }
const verifier = signatureVerifier({ engine: await createEngine() })

function certificate(pem: string): Certificate | undefined {
  return undefinedOn(PkiError, () => parseCertificate(decodePem('CERTIFICATE', pem)))
}

const certificates = (pems: readonly string[]): Certificate[] =>
  pems.map(certificate).filter((one) => one !== undefined)

async function isAccepted(test: Case): Promise<boolean> {
  const first = certificate(test.peer_certificate)
  if (first === undefined) return false
  const usage = test.extended_key_usage[0] ?? (test.validation_kind === 'SERVER' ? 'serverAuth' : 'clientAuth')
  const extendedKeyUsage = PURPOSES[usage as keyof typeof PURPOSES]
  // What the first certificate may be used for is for the caller to check.
  if (first.extendedKeyUsage?.includes(extendedKeyUsage) === false) return false
  const at = test.validation_time === null ? new Date() : new Date(test.validation_time)
  const crls = test.crls.map((pem) => decodePem('X509 CRL', pem))
  const isRevokedByCrl = crlRevocation({ crls, verifier, clock: () => at })
  const found = await findPath(first, {
    anchors: certificates(test.trusted_certs),
    others: certificates(test.untrusted_intermediates),
    isRevoked: (one, issuer) => crls.length > 0 && isRevokedByCrl(one.der, issuer.der),
    ...{ at, verifier, extendedKeyUsage },
  })
  return found !== undefined
}

describe.skipIf(!isThere)('x509-limbo', () => {
  it.each(ours.filter((test) => !isValid(test) && ACCEPTED[test.id] === undefined))('refuses $id', async (test) => {
    const start = performance.now()
    expect(await isAccepted(test)).toBe(false)
    // Some are there to take for ever.
    expect(performance.now() - start).toBeLessThan(1000)
  })

  it.each(ours.filter((test) => isValid(test) && REFUSED[test.id] === undefined))('accepts $id', async (test) => {
    expect(await isAccepted(test)).toBe(true)
  })

  it.each(ours.filter(({ id }) => (ACCEPTED[id] ?? REFUSED[id]) !== undefined))(
    'differs in $id, as docs/pki.md explains',
    async (test) => {
      expect(await isAccepted(test)).toBe(!isValid(test))
    },
  )

  it('has as many as docs/pki.md says', () => {
    const [invalid, valid] = [ours.filter((test) => !isValid(test)).length, ours.filter(isValid).length]
    const [accepted, refused] = [Object.keys(ACCEPTED).length, Object.keys(REFUSED).length]
    const document = readFileSync(new URL('../../../docs/pki.md', import.meta.url), 'utf8')
    const counts = [ours.length, invalid - accepted, valid - refused, refused, accepted]
    expect(document).toContain(`| x509-limbo | ${counts.join(' | ')} |`)
  })
})
