import type { CertificateAuthority, Disposition, StatusQuery, Submission } from '../../pki/authority.js'
import type { Certificate } from '../../pki/x509/certificate.js'
import type { Octets } from '../../../bindings/octets/octets.js'

/** An authority that answers what it is told to, and remembers what it saw. */
export class ScriptedAuthority implements CertificateAuthority {
  readonly chain: readonly Octets[] = []
  readonly submissions: Submission[] = []
  readonly queries: StatusQuery[] = []
  /** Certificates whose renewability was asked for. */
  readonly renewals: Certificate[] = []
  exchanges = 0

  submitted: () => Promise<Disposition> = () => Promise.reject(new Error('unexpected'))
  queried: (query: StatusQuery) => Promise<Disposition | undefined> = () => Promise.resolve(undefined)
  exchanged: () => Promise<Octets | undefined> = () => Promise.resolve(Uint8Array.of(0x30, 0))
  renewable: (certificate: Certificate) => boolean = () => false
  /** Why others may not be renewed. */
  refusal = 'denial/renewal-kind'

  /** What was to be done; whether a certificate may be renewed is asked for before. */
  get saw(): number {
    return this.submissions.length + this.queries.length + this.exchanges
  }

  submit(submission: Submission): Promise<Disposition> {
    this.submissions.push(submission)
    return this.submitted()
  }

  /** RequestIDs as certificate authorities of Windows give them. */
  isRequestId?: (text: string) => boolean = (text) => /^(?:0|[1-9]\d{0,9})$/.test(text) && Number(text) < 2 ** 32

  query(query: StatusQuery): Promise<Disposition | undefined> {
    this.queries.push(query)
    return this.queried(query)
  }

  exchangeCertificate(): Promise<Octets | undefined> {
    this.exchanges++
    return this.exchanged()
  }

  renewalRefusal(certificate: Certificate): Promise<string | undefined> {
    this.renewals.push(certificate)
    return Promise.resolve(this.renewable(certificate) ? undefined : this.refusal)
  }
}
