import { oid, sequence, setOf, utf8String } from '../../asn1/der.js'
import { PkiError } from '../../errors.js'
import type { AlternativeNames } from '../../x509/extensions.js'
import { readName } from '../../x509/name.js'
import type { Octets } from '../../../../bindings/octets/octets.js'

/** The names of a certificate's holder. */
export interface CertificateNames {
  /** Name, DER: `commonName(text)`, or `parseName(text)` for a string of RFC 4514. Default: none. */
  readonly subject?: Octets
  readonly alternativeNames?: Partial<AlternativeNames>
  /**
   * The security identifier of the account in Active Directory, such as `S-1-5-21-1004336348-1177238915-682003330-512`: domain
   * controllers map certificates to accounts by it. Default: none.
   */
  readonly sid?: string
}

/** A security identifier as text. [MS-DTYP] 2.4.2.1 */
export const SID = /^S-1-\d{1,15}(-\d{1,10}){1,15}$/

/** A URI that domain controllers read as a security identifier, like the extension. */
const SID_URI = /^tag:microsoft\.com,\d{4}-\d{2}-\d{2}:sid:/i

/** Whether names of a request would map its certificate to an account of the requester's choice. */
export function nameAccount({ alternativeNames: { uris = [] } = {} }: CertificateNames): boolean {
  return uris.some((uri) => SID_URI.test(uri))
}

/** The form of each kind of name; stricter than RFC 5280, section 4.2.1.6. */
const SHAPES = {
  dnsNames: /^(?=.{1,253}$)(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i,
  emails: /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9][a-z0-9.-]{0,252}$/i,
  uris: /^[a-z][a-z0-9+.-]*:[!-~]{1,2000}$/i,
  upns: /^[^\s\p{C}\p{DI}@]{1,256}@[^\s\p{C}\p{DI}@]{1,256}$/u,
} as const

const MAX_NAMES = 100
const MAX_SUBJECT_OCTETS = 4096
/** ub-common-name, RFC 5280, appendix A.1. */
const MAX_COMMON_NAME = 64

/** Whether names can be written into a certificate: of the form that their kind has, and not too many. */
export function areWellFormed({ subject, alternativeNames = {}, sid }: CertificateNames): boolean {
  const { ipAddresses = [], directoryNames = [], others = [] } = alternativeNames
  const kinds = Object.keys(SHAPES) as (keyof typeof SHAPES)[]
  const texts = kinds.flatMap((kind) => (alternativeNames[kind] ?? []).map((text) => SHAPES[kind].test(text)))
  return (
    texts.every((fits) => fits) &&
    (sid === undefined || SID.test(sid)) &&
    texts.length + ipAddresses.length + directoryNames.length + others.length <= MAX_NAMES &&
    ipAddresses.every(({ length }) => length === 4 || length === 16) &&
    [...directoryNames, ...(subject ? [subject] : [])].every(isWellFormedName)
  )
}

/**
 * Characters that can deceive a reader: control and format characters (zero width, direction, tags), line ends, and other
 * invisible ones.
 */
const DECEPTIVE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u

/** Whether a Name holds text only, without deceptive characters. */
function isWellFormedName(name: Octets): boolean {
  if (name.length > MAX_SUBJECT_OCTETS) return false
  try {
    return readName(name)
      .flat()
      .every(({ text }) => text !== undefined && text !== '' && !DECEPTIVE.test(text))
  } catch (error) {
    if (error instanceof PkiError) return false
    throw error
  }
}

/** A Name, DER, with nothing but a common name; undefined if the text is empty or too long for one. */
export function commonName(text: string): Octets | undefined {
  if (text === '' || text.length > MAX_COMMON_NAME) return undefined
  return sequence(setOf(sequence(oid('2.5.4.3'), utf8String(text))))
}
