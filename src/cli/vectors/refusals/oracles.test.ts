import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { encodePem } from '../../../pki/asn1/pem.js'
import { hasOpenssl, openssl } from '../../../pki/testing/openssl.js'
import { octetsOf, textOf, textsOf, type Entry, type RefusalsDocument, type Tree } from './entry.js'

// What other programs say of the same artefacts: each control must be accepted by them, and a case that its file says they refuse be
// refused. A case that they accept as well shows that they are not asked the same, or are laxer.

const documentOf = (file: string): RefusalsDocument =>
  JSON.parse(readFileSync(`vectors/negative/${file}`, 'utf8')) as RefusalsDocument

const entriesOf = ({ controls, cases }: RefusalsDocument, ...steps: readonly string[]): Entry[] =>
  [...controls, ...cases].filter(({ step }) => steps.includes(step))

/** Where a program judges otherwise than the file says. */
function otherVerdicts(program: string, entries: readonly Entry[], accepts: (entry: Entry) => boolean): string[] {
  return entries
    .filter((entry) => entry[program] !== undefined && (accepts(entry) ? 'accepts' : 'refuses') !== entry[program])
    .map(({ id }) => id)
}

describe.skipIf(!hasOpenssl('requests and paths that must be refused, beside OpenSSL'))('OpenSSL', () => {
  const certificatePem = (hex: unknown): string => encodePem('CERTIFICATE', octetsOf(hex))

  it('says of requests and responses what their file says', { timeout: 300_000 }, () => {
    const entries = entriesOf(documentOf('requests.json'), 'request', 'response')
    expect(entries.length).toBeGreaterThan(300)
    const accepts = (entry: Entry): boolean => {
      const input = octetsOf(entry['octets'])
      // A ContentInfo begins with an identifier.
      if (/^(csr|csr-rsa|csr-pss)\b/.test(entry.id)) {
        const { said } = openssl('req -inform DER -in input -verify -noout', { input })
        return /verify OK/.test(said)
      }
      const signer = entry['signer'] === undefined ? {} : { signer: certificatePem(entry['signer']) }
      const certfile = entry['signer'] === undefined ? '' : ' -certfile signer'
      return openssl(`cms -verify -noverify -binary -inform DER -in input -out out${certfile}`, { input, ...signer }).ok
    }
    expect(otherVerdicts('openssl', entries, accepts)).toEqual([])
  })

  it('says of certificate paths what their file says', { timeout: 300_000 }, () => {
    const document = documentOf('paths.json')
    const entries = entriesOf(document, 'path', 'signer')
    expect(entries.length).toBeGreaterThan(100)
    const [certificates, crls] = [document['certificates'] as Tree, document['crls'] as Tree]
    const pemOf = (names: readonly string[]): string => names.map((name) => certificatePem(certificates[name])).join('')
    const accepts = (entry: Entry): boolean => {
      const at = new Date(textOf(entry['at'])).getTime() / 1000
      const [others, lists] = [textsOf(entry['others']), textsOf(entry['crls'])]
      const { extendedKeyUsage, policies, ...flags } = (entry['options'] ?? {}) as Tree
      const words = [
        `verify -x509_strict -attime ${String(at)} -CAfile anchors`,
        ...(others.length === 0 ? [] : ['-untrusted others']),
        ...(extendedKeyUsage === undefined ? [] : ['-purpose sslserver']),
        ...(lists.length === 0 ? [] : ['-crl_check_all -CRLfile crls']),
        // Without any, OpenSSL accepts none.
        ...textsOf(policies ?? ['2.5.29.32.0']).map((policy) => `-policy_check -policy ${policy}`),
        ...('requireExplicitPolicy' in flags ? ['-explicit_policy'] : []),
        ...('inhibitPolicyMapping' in flags ? ['-inhibit_map'] : []),
        ...('inhibitAnyPolicy' in flags ? ['-inhibit_any'] : []),
        'certificate',
      ]
      return openssl(words.join(' '), {
        certificate: pemOf([textOf(entry['certificate'])]),
        others: pemOf(others),
        anchors: pemOf(textsOf(entry['anchors'])),
        crls: lists.map((name) => encodePem('X509 CRL', octetsOf(crls[name]))).join(''),
      }).ok
    }
    expect(otherVerdicts('openssl', entries, accepts)).toEqual([])
  })
})
