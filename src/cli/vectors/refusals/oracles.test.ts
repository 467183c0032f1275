import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodePem } from '../../../pki/asn1/pem.js'
import { hasOpenssl, openssl } from '../../../pki/testing/openssl.js'
import { hasProgram, inTemporaryDirectory } from '../../../xml/testing/xmllint.js'
import { octetsOf, textOf, textsOf, type Entry, type RefusalsDocument, type Tree } from './entry.js'
import { inputOf } from './xml.js'

// What other programs say of the same artefacts: each control must be accepted by them, and a case that its file says they refuse be
// refused. A case that they accept as well shows that they are not asked the same, or are laxer.

const documentOf = (file: string): RefusalsDocument =>
  JSON.parse(readFileSync(`vectors/negative/${file}`, 'utf8')) as RefusalsDocument

const entriesOf = ({ controls, cases }: RefusalsDocument, ...steps: readonly string[]): Entry[] =>
  [...controls, ...cases].filter(({ step }) => steps.includes(step))

/**
 * Where a program judges otherwise than the file says. Another version than the one that was asked for the file may be stricter.
 */
function otherVerdicts(program: string, entries: readonly Entry[], accepts: (entry: Entry) => boolean): string[] {
  const { stdout, stderr } = spawnSync(program, [program === 'openssl' ? 'version' : '--version'], { encoding: 'utf8' })
  const isSame = /^OpenSSL 3\.0\.|^xmlsec1 1\.2\.|libxml version 209/m.test(stdout + stderr)
  return entries
    .filter((entry) => entry[program] !== undefined)
    .filter((entry) => isSame || entry[program] === 'refuses' || entry.expected === 'accept')
    .filter((entry) => (accepts(entry) ? 'accepts' : 'refuses') !== entry[program])
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
      if (/^csr\b/.test(entry.id)) {
        const { said } = openssl('req -inform DER -in input -verify -noout', { input })
        return /verify OK/.test(said)
      }
      const command = 'cms -verify -noverify -binary -inform DER -in input -out out'
      if (entry['signer'] === undefined) return openssl(command, { input }).ok
      return openssl(`${command} -certfile signer`, { input, signer: certificatePem(entry['signer']) }).ok
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

/** Whether a program ends well with a document as its last argument, in a directory with other files. */
function endsWell(
  program: string,
  words: readonly string[],
  input: Uint8Array | string,
  files: Readonly<Record<string, Uint8Array>> = {},
): boolean {
  return inTemporaryDirectory((directory) => {
    for (const [name, contents] of Object.entries({ ...files, input }))
      writeFileSync(path.join(directory, name), contents)
    return spawnSync(program, [...words, 'input'], { cwd: directory }).status === 0
  })
}

const xmlDocument = documentOf('xml.json')

describe.skipIf(!hasProgram('xmllint', 'documents that must be refused, beside xmllint'))('xmllint', () => {
  it('says of documents what their file says', { timeout: 120_000 }, () => {
    const entries = entriesOf(xmlDocument, 'document')
    expect(entries.length).toBeGreaterThan(80)
    // Namespaces are reported as errors, and are none for its exit code.
    const accepts = (entry: Entry): boolean =>
      inTemporaryDirectory((directory) => {
        writeFileSync(path.join(directory, 'input'), inputOf(entry, xmlDocument))
        const { status, stderr } = spawnSync('xmllint', ['--nonet', '--noout', 'input'], {
          cwd: directory,
          encoding: 'utf8',
        })
        return status === 0 && !/ error :/.test(stderr)
      })
    expect(otherVerdicts('xmllint', entries, accepts)).toEqual([])
  })
})

describe.skipIf(!hasProgram('xmlsec1', 'XML signatures that must be refused, beside xmlsec1'))('xmlsec1', () => {
  it('says of signed artefacts what their file says', { timeout: 300_000 }, () => {
    const entries = entriesOf(xmlDocument, 'device-parameters', 'issuer-parameters')
    expect(entries.length).toBeGreaterThan(150)
    const [anchor = new Uint8Array()] = textsOf(xmlDocument['anchors']).map(octetsOf)
    const id = ['--id-attr:Id', 'http://schemas.xmlsoap.org/ws/2011/02/u-prove:DeviceParameters']
    const words = ['--verify', '--trusted-der', 'anchor', '--verification-time', '2026-06-01 12:00:00', ...id]
    const accepts = (entry: Entry): boolean => endsWell('xmlsec1', words, inputOf(entry, xmlDocument), { anchor })
    expect(otherVerdicts('xmlsec1', entries, accepts)).toEqual([])
  })
})
