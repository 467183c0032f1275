import {
  onlyValueOf,
  readAddition,
  readBodyPartId,
  readControls,
  writeAddition,
  writeControl,
  type Control,
} from './cmc-controls.js'
import { readAttributes } from './cms.js'
import { OID } from './cms-names.js'
import { DerReader, explicit, integer, octetString, parseDer, sequence, TAG, type DerValue } from '../asn1/der.js'
import { PkiError } from '../errors.js'
import { encodeExtensions, readExtensions, type Extension, type Extensions } from '../x509/extensions.js'
import { formatPairs, pairsFrom, parsePairs } from './name-value-pairs.js'
import { ATTRIBUTE } from './pkcs10.js'
import type { Octets } from '../../../bindings/octets/octets.js'

/** A PKIData with one request (RFC 5272, section 3.2.1; [MS-WCCE] 3.1.1.4.3.1.3). Its values are views of the DER. */
export interface PkiData {
  /** The PKCS#10. */
  readonly certificationRequest: DerValue
  /** regInfo. */
  readonly pairs: ReadonlyMap<string, string>
  /** Extensions of the control that adds them. */
  readonly extensions: Extensions
  /** szOID_ENCRYPTED_KEY_HASH: of the private key to be archived, as it is enveloped. [MS-WCCE] 2.2.2.7.9 */
  readonly encryptedKeyHash?: Octets
}

/** Attributes that an authority ignores. [MS-WCCE] 3.2.1.4.2.1.4.1.1 */
const IGNORED: readonly string[] = [ATTRIBUTE.osVersion, ATTRIBUTE.cspProvider, ATTRIBUTE.clientInfo]

/** Requests of other forms, by their tags. RFC 5272, section 3.2.1.2 */
const BODIES: ReadonlyMap<number, string> = new Map([
  [0xa1, 'CRMF'],
  [0xa2, 'another kind of request'],
])

/** Controls that are not supported. RFC 5272, section 6 */
const CONTROLS: ReadonlyMap<string, string> = new Map([
  ['1.3.6.1.5.5.7.7.2', 'identification'],
  ['1.3.6.1.5.5.7.7.3', 'identityProof'],
  ['1.3.6.1.5.5.7.7.4', 'dataReturn'],
  ['1.3.6.1.5.5.7.7.7', 'recipientNonce'],
  ['1.3.6.1.5.5.7.7.33', 'popLinkWitnessV2'],
  ['1.3.6.1.5.5.7.7.34', 'identityProofV2'],
])

/**
 * Reads a PKIData. Throws `PkiError`: `pki/cmc-requests` unless there is exactly one request; `pki/cmc-body` if it is no PKCS#10;
 * `pki/cmc-body-part` for identifiers of body parts that occur twice or lead nowhere; `pki/cmc-control` for controls and attributes in
 * them that are not known; `pki/archival-request` for more than one hash of a key to be archived;
 * `pki/cmc-nested` for nested messages; `pki/pairs`, `pki/not-der`, `pki/structure`.
 */
export function readPkiData(der: Octets): PkiData {
  const value = parseDer(der)
  if (value.tag !== TAG.sequence) throw new PkiError('pki/structure')
  const reader = new DerReader(value.contents)
  const controls = readControls(reader)
  const requests = reader.enter().rest()
  const nested = [...reader.enter().rest(), ...reader.enter().rest()]
  reader.end()
  if (nested.length > 0) throw new PkiError('pki/cmc-nested')

  const [request] = requests
  if (request === undefined || requests.length > 1) throw new PkiError('pki/cmc-requests')
  if (request.tag !== 0xa0) throw new PkiError('pki/cmc-body', { detail: BODIES.get(request.tag) })
  const tagged = new DerReader(request.contents)
  const bodyPartId = readBodyPartId(tagged.next(TAG.integer))
  const certificationRequest = tagged.next(TAG.sequence)
  tagged.end()

  // 0 stands for the message itself (RFC 5272, section 3.2.2).
  const bodyParts = [0n, bodyPartId, ...controls.map((control) => control.bodyPartId)]
  if (new Set(bodyParts).size !== bodyParts.length) throw new PkiError('pki/cmc-body-part')
  const addedBy = (control: Control, tag: number): DerValue => {
    const { dataReference, references, added } = readAddition(control, tag)
    if (dataReference !== 0n || references.some((id) => id !== bodyPartId)) throw new PkiError('pki/cmc-body-part')
    return added
  }

  const pairs: (readonly [string, string])[] = []
  const extensions = new Map<string, Extension>()
  const hashes: DerValue[] = []
  for (const control of controls) {
    switch (control.type) {
      case OID.regInfo: {
        const value = onlyValueOf(control)
        if (value.tag !== TAG.octetString) throw new PkiError('pki/structure')
        for (const pair of parsePairs(value.contents)) pairs.push(pair)
        break
      }
      case OID.addExtensions:
        for (const [name, extension] of readExtensions(addedBy(control, TAG.sequence).encoded)) {
          if (extensions.has(name)) throw new PkiError('pki/structure')
          extensions.set(name, extension)
        }
        break
      case OID.addAttributes:
        for (const { type, values } of readAttributes(addedBy(control, TAG.set))) {
          if (type === OID.encryptedKeyHash) for (const value of values) hashes.push(value)
          else if (!IGNORED.includes(type)) throw new PkiError('pki/cmc-control', { detail: type })
        }
        break
      // For protocols with several rounds, which must return it. Here the transport does that.
      case OID.transactionId:
      case OID.senderNonce:
        break
      // In a control of its own ([MS-WCCE] 3.1.1.4.3.6.1), or among added attributes, as in responses.
      case OID.encryptedKeyHash:
        for (const value of control.values) hashes.push(value)
        break
      default:
        // An unknown control must not be ignored (RFC 5272, section 3.2.1.1).
        throw new PkiError('pki/cmc-control', { detail: CONTROLS.get(control.type) ?? control.type })
    }
  }
  const [hash] = hashes
  if (hashes.length > 1 || (hash !== undefined && hash.tag !== TAG.octetString)) {
    throw new PkiError('pki/archival-request')
  }
  return { certificationRequest, pairs: pairsFrom(pairs), extensions, encryptedKeyHash: hash?.contents }
}

/** A PKIData with one request, DER; controls as Windows writes them. */
export function createPkiData(
  certificationRequest: Octets,
  pairs: ReadonlyMap<string, string>,
  extensions: readonly Extension[],
  encryptedKeyHash?: Octets,
): Octets {
  const controls = [
    ...(encryptedKeyHash === undefined ? [] : [[OID.encryptedKeyHash, octetString(encryptedKeyHash)] as const]),
    ...(extensions.length === 0 ? [] : [[OID.addExtensions, writeAddition(encodeExtensions(extensions))] as const]),
    ...(pairs.size === 0 ? [] : [[OID.regInfo, octetString(formatPairs(pairs))] as const]),
  ]
  return sequence(
    sequence(...controls.map(([type, value], i) => writeControl(i + 2, type, value))),
    sequence(explicit(0, integer(1), certificationRequest)),
    sequence(),
    sequence(),
  )
}
