import { systemRandom, type RandomSource } from '../../../../bindings/octets/random.js'
import type { Octets } from '../../../../bindings/octets/octets.js'
import { basicConstraints, keyUsage, subjectKeyIdentifier, type Extension } from '../../x509/extensions.js'
import type { SigningKey } from '../../keys/signing.js'
import { CaError } from '../errors.js'
import { newSerialNumber } from './sign-certificate.js'
import { keyIdentifier, signCertificate, wholeSeconds } from './sign-certificate.js'

export interface RootOptions {
  readonly key: SigningKey
  /** Name, DER: `commonName(text)` or `parseName(text)`. */
  readonly subject: Octets
  /** In milliseconds. */
  readonly validity: number
  /** How many authorities may follow below; 0 for one that itself issues to people and machines. Default: any number. */
  readonly pathLength?: number
  readonly clock?: () => Date
  readonly random?: RandomSource
}

/** The first time that a GeneralizedTime cannot express. */
const END_OF_TIME = Date.UTC(10_000, 0)

/** A self-signed certificate of an authority, DER. Throws `CaError` (`ca/validity`, `ca/name`). */
export async function createRoot(options: RootOptions): Promise<Octets> {
  const { key, subject, validity, pathLength, clock = () => new Date(), random = systemRandom } = options
  // An empty SEQUENCE: authorities must have a name (RFC 5280, section 4.1.2.4).
  if (subject.length <= 2) throw new CaError('ca/name')
  const now = clock().getTime()
  if (!(validity >= 60_000 && now + validity < END_OF_TIME)) throw new CaError('ca/validity')
  return signCertificate(
    {
      serialNumber: newSerialNumber(random),
      issuer: subject,
      notBefore: wholeSeconds(now),
      notAfter: wholeSeconds(now + validity),
      subject,
      publicKey: key.publicKey,
      extensions: [subjectKeyIdentifier(await keyIdentifier(key.publicKey)), ...authorityExtensions(pathLength)],
    },
    key,
  )
}

/** The extensions of an authority's certificate (RFC 5280, sections 4.2.1.3 and 4.2.1.9). */
export const authorityExtensions = (pathLength: number | undefined): Extension[] => [
  basicConstraints({ isCa: true, pathLength }),
  keyUsage('digitalSignature', 'keyCertSign', 'cRLSign'),
]
