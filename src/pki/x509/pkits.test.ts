import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import { nistVectors } from '../../../bindings/testing/published-vectors.js'
import { undefinedOn } from '../../../bindings/errors.js'
import { PkiError } from '../errors.js'
import { signatureVerifier } from '../keys/keys.js'
import { parseCertificate } from './certificate.js'
import { crlRevocation, parseCrl } from './crl.js'
import { findPath } from './path.js'

// NIST's Public Key Interoperability Test Suite (PKITS, 2011), as Debian's python3-cryptography-vectors has it: one end entity for
// each test, with all certificates and CRLs of the suite at hand. Initial settings are the defaults. The name of an end entity
// says whether its path is valid; UNNAMED lists the others. docs/pki.md has the result.

const folder = nistVectors('PKITS', 'PKITS_DATA', 'x509/PKITS_data')

/** Invalid paths whose end entity does not say so in its name. */
const UNNAMED = /^DifferentPoliciesTest(4|5|7|8|9|12)EE/

/** Valid paths that are refused, with the reason. */
const REFUSED = {
  'a DSA key of 1024 bits, or with inherited parameters': /^ValidDSA/,
  'a CRL that another key of the authority signed':
    /^ValidBasicSelfIssued(CRLSigningKeyTest6|NewWithOldTest[34]|OldWithNewTest1)|^ValidSelfIssued|^ValidDNnameConstraintsTest19|^ValidSeparateCertificateandCRLKeysTest19/,
  'a CRL for part of the certificates, of another issuer, or a delta':
    /^ValidIDPwithindirect|^ValidcRLIssuer|^ValiddeltaCRLTest[57]|^ValiddistributionPoint|^ValidonlyContainsCACerts|^ValidonlySomeReasons/,
} as const
type Reason = keyof typeof REFUSED

const octets = (kind: string, name: string): Uint8Array =>
  new Uint8Array(readFileSync(path.join(folder ?? '', kind, name)))
const files = (kind: string): string[] => (folder === undefined ? [] : readdirSync(path.join(folder, kind)).sort())

const certificate = (name: string) => undefinedOn(PkiError, () => parseCertificate(octets('certs', name)))
const endEntities = files('certs').filter((name) => name.includes('EE.'))
const authorities = files('certs').filter((name) => !name.includes('EE.') && !name.startsWith('TrustAnchor'))

const engine = await createEngine()
const verifier = signatureVerifier({ engine })
const at = new Date('2015-06-01T00:00:00Z')
const crls = files('crls')
  .map((name) => octets('crls', name))
  .filter((der) => undefinedOn(PkiError, () => parseCrl(der)) !== undefined)
const others = authorities.map(certificate).filter((one) => one !== undefined)
const isRevokedByCrl = crlRevocation({ crls, verifier, clock: () => at })

async function isValid(name: string, withCrls = true): Promise<boolean> {
  const [first, anchor] = [certificate(name), certificate('TrustAnchorRootCertificate.crt')]
  if (first === undefined || anchor === undefined) return false
  const options = { anchors: [anchor], others, at, verifier }
  const found = await findPath(first, {
    ...options,
    isRevoked: (one, issuer) => withCrls && isRevokedByCrl(one.der, issuer.der),
  })
  return found !== undefined
}

describe.skipIf(folder === undefined)('PKITS', () => {
  const isInvalid = (name: string): boolean => name.startsWith('Invalid') || UNNAMED.test(name)
  const reasonFor = (name: string): Reason | undefined =>
    (Object.keys(REFUSED) as Reason[]).find((reason) => REFUSED[reason].test(name))
  const valid = endEntities.filter((name) => !isInvalid(name))

  it.each(endEntities.filter(isInvalid))('refuses %s', async (name) => {
    expect(await isValid(name)).toBe(false)
  })

  it.each(valid.filter((name) => reasonFor(name) === undefined))('accepts %s', async (name) => {
    expect(await isValid(name)).toBe(true)
  })

  it.each(valid.filter((name) => reasonFor(name) !== undefined))(
    'refuses %s, as docs/pki.md explains',
    async (name) => {
      expect(await isValid(name)).toBe(false)
      // Only the CRL stands in the way, except for DSA.
      expect(await isValid(name, false)).toBe(!name.includes('DSA'))
    },
  )

  it('has as many as docs/pki.md says', () => {
    const refused = valid.filter((name) => reasonFor(name) !== undefined).length
    const counts = [endEntities.length, endEntities.filter(isInvalid).length, valid.length - refused, refused]
    const document = readFileSync(new URL('../../../docs/pki.md', import.meta.url), 'utf8')
    expect(document).toContain(`| PKITS, with CRLs | ${counts.join(' | ')} | 0 |`)
  })
})
