import type { CertificationRequest } from './pkcs10.js'
import type { Octets } from './signing.js'

/**
 * A request for a certificate in one of the forms of [MS-WCCE] 2.2.2.6, told apart by its DER alone. All its signatures are
 * verified, with the keys that it brings itself: whether the old certificate of a renewal is to be trusted is not looked at.
 */
export interface EnrollmentRequest {
  readonly form: 'pkcs10' | 'cms' | 'cmc'
  /** As received, never encoded anew. */
  readonly der: Octets
  readonly certificationRequest: CertificationRequest
  /**
   * For a renewal: the certificate in the attribute 1.3.6.1.4.1.311.13.1, which is also the signer's of the CMS (of a CMC
   * request: of its second SignerInfo); DER.
   */
  readonly renewalCertificate?: Octets
  /** Name-value pairs: those of the PKCS#10 (1.3.6.1.4.1.311.13.2.1), or of regInfo of a CMC request. */
  readonly pairs: ReadonlyMap<string, string>
}
