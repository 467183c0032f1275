import type { DenialReason } from '../../authority.js'
import type { Octets } from '../../../../bindings/octets/octets.js'

/** The content of a certificate, fixed when it was requested. */
export interface CertificateContent {
  /** Name of the profile. */
  readonly profile: string
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Octets
  /** Name, DER; an empty SEQUENCE if there is none. */
  readonly subject: Octets
  /** GeneralNames, DER. */
  readonly subjectAlternativeName?: Octets
  /** Of the account in Active Directory, `S-1-5-21-...`. */
  readonly sid?: string
}

/** A request to be stored. */
export interface NewRequest {
  /** As received. */
  readonly der: Octets
  /** The account that the certificate is for, and that may ask for the status; of a renewal, that of the old certificate. */
  readonly account: string
  /** How the requester was authenticated: the method of an account, or 'renewal' by the old certificate's key alone. */
  readonly method: string
  readonly submittedAt: Date
  /**
   * Renewals: names the old certificate, the new key and the signed content, so that each renewal is stored once. At most 200
   * characters.
   */
  readonly idempotenceKey?: string
  /** Renewals: serial number of the old certificate. */
  readonly renews?: string
  /** Undefined if the request was denied before it was known. */
  readonly content?: CertificateContent
  /** A caller that shows this may ask for the status. At least 128 random bits, in base64url. */
  readonly queryToken?: string
}

/** The purpose of an issued certificate. */
export type CertificateKind = 'end-entity' | 'exchange' | 'authority'

export interface NewCertificate {
  /** Lower-case hexadecimal of the unsigned number, two digits an octet, no leading zero octets. Unique in the store. */
  readonly serial: string
  readonly kind: CertificateKind
  readonly der: Octets
  /** `keyFingerprint` of its public key. Undefined for certificates that an older version stored. */
  readonly keyFingerprint?: string
  readonly notBefore: Date
  readonly notAfter: Date
}

/** CRLReason, RFC 5280, section 5.3.1. `certificateHold` alone can be withdrawn. */
export const REVOCATION_REASONS = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'privilegeWithdrawn',
  'aACompromise',
] as const

/** The reasons of RFC 5280, section 5.3.1, that a CRL can give. */
export type RevocationReason = (typeof REVOCATION_REASONS)[number]

export interface Revocation {
  readonly at: Date
  readonly reason: RevocationReason
}

/** A revoked certificate, as a CRL lists it. */
export interface RevokedSerial {
  /** As in `NewCertificate`. */
  readonly serial: string
  readonly revocation: Revocation
}

export interface StoredCertificate extends NewCertificate {
  readonly revocation?: Revocation
  /** The request that it answers; undefined for certificates without a request. */
  readonly requestId?: string
  /** Name of the profile that it was issued by; with `requestId`. */
  readonly profile?: string
  /** The account that it is for; with `requestId`. */
  readonly account?: string
}

export interface Denial {
  readonly status: 'denied'
  readonly reason: DenialReason
  /** HRESULT, signed. */
  readonly errorCode: number
  /** A code for logs; a store need not keep it. */
  readonly cause?: string
  /** What the cause is about; a store need not keep it. */
  readonly detail?: string
}

/** The decision about a request. */
export type Decision = Denial | { readonly status: 'issued'; readonly certificate: NewCertificate }

/** An event in the history of a request. */
export interface RequestEvent {
  readonly at: Date
  readonly event: 'submitted' | 'issued' | 'denied'
  /** The operator who decided; undefined if the authority decided by itself. */
  readonly operator?: string
}

export interface StoredRequest extends NewRequest {
  /** Decimal, 1 to 2^32 - 1, assigned by the store. */
  readonly requestId: string
  readonly outcome:
    { readonly status: 'pending' } | { readonly status: 'issued'; readonly certificate: StoredCertificate } | Denial
  /** Oldest first. The first is 'submitted'; the second, if any, the decision. */
  readonly history: readonly RequestEvent[]
}

/** Which records a list has: those that meet every condition. */
export interface RecordFilter {
  /** `issued`: not revoked; `held`: revoked with the reason certificateHold; `revoked`: for another reason. */
  readonly status?: RecordStatus
  readonly account?: string
  /** Case does not count. */
  readonly profile?: string
  /** Serial number of the certificate, as `NewCertificate` writes it. */
  readonly serial?: string
  /** A part of the subject, as RFC 4514 writes it; case does not count. */
  readonly subject?: string
  /** The certificate ends at or after `from`, and before `before`. */
  readonly ends?: { readonly from: Date; readonly before: Date }
  /** Only requests with a greater number: the last one of the page before. */
  readonly after?: string
  /** The most records of a page. */
  readonly limit: number
}

export const RECORD_STATUSES = ['pending', 'issued', 'denied', 'held', 'revoked'] as const
export type RecordStatus = (typeof RECORD_STATUSES)[number]

/** A request and its certificate in a list, without DER. */
export interface RecordSummary {
  readonly requestId: string
  readonly status: RecordStatus
  readonly account: string
  readonly method: string
  readonly submittedAt: Date
  /** Undefined if the request was denied before they were known. */
  readonly profile?: string
  readonly subject?: string
  /** Serial number of the certificate that it renews. */
  readonly renews?: string
  /** Why it was denied. */
  readonly reason?: DenialReason
  /** Of the certificate. */
  readonly serial?: string
  readonly notAfter?: Date
  readonly revocation?: Revocation
}

/** A CRL without its octets. */
export interface CrlSummary {
  /** CRLNumber: greater than that of every earlier CRL. */
  readonly number: number
  /** The revocations that it knows of. */
  readonly revision: number
  readonly thisUpdate: Date
  readonly nextUpdate: Date
}

export interface StoredCrl extends CrlSummary {
  readonly der: Octets
}

/**
 * The records of an authority: requests, certificates, revocations, its CRL. One store (or one part of a database) for one
 * authority; the nodes of a farm share it. Each function is atomic, and durable before it returns: only then may an answer
 * leave. Functions reject only when the store itself fails, or is given a serial number that is in use.
 */
export interface AuthorityStore {
  /**
   * Stores a request and, in the same transaction, its immediate decision with the certificate (undefined: it is pending).
   * Returns it. If a request with this `idempotenceKey` exists, returns that one and stores nothing. `archivedKey` is the
   * private key that came with it, encrypted to the recovery agents; it is kept until the request is denied.
   */
  insert(request: NewRequest, decision?: Decision, archivedKey?: Octets): Promise<StoredRequest>
  findRequest(requestId: string): Promise<StoredRequest | undefined>
  findByIdempotenceKey(key: string): Promise<StoredRequest | undefined>
  /** Requests to renew a certificate, oldest first; denied ones too. */
  findRenewals(serial: string): Promise<readonly StoredRequest[]>
  /** A page of requests with their certificates, oldest first. */
  list(filter: RecordFilter): Promise<readonly RecordSummary[]>
  /**
   * Decides a pending request and keeps the certificate in the same transaction. Returns the stored decision: this one, or an
   * earlier one (then this one is not stored). Undefined if there is no such request.
   */
  decide(requestId: string, decision: Decision, event: RequestEvent): Promise<StoredRequest | undefined>

  findCertificate(serial: string): Promise<StoredCertificate | undefined>
  /**
   * Certificates that have this fingerprint or none (the caller then computes it), by `notBefore`, then serial number; with
   * `compromised`, only those that were revoked for keyCompromise.
   */
  findByKey(keyFingerprint: string, options?: { readonly compromised?: boolean }): Promise<readonly StoredCertificate[]>
  /** The private key that was archived for a certificate, as `insert` was given it. */
  findArchivedKey(serial: string): Promise<Octets | undefined>
  /** Keeps a certificate of an authority, for which there was no request. */
  insertCertificate(certificate: NewCertificate): Promise<void>
  /** The current exchange certificate. */
  exchangeCertificate(): Promise<StoredCertificate | undefined>
  /**
   * Keeps an exchange certificate and makes it current if the current one has the serial number `replaced` (undefined: there is
   * none). Returns the current one: this, or that of another node that was faster (then nothing is kept).
   */
  replaceExchangeCertificate(certificate: NewCertificate, replaced: string | undefined): Promise<StoredCertificate>

  /**
   * Revokes a certificate and adds 1 to the revision. Returns it as it is stored now: with this revocation, or with the one from
   * before (then nothing changes). But every reason replaces certificateHold, and keyCompromise replaces every other one: the time
   * stays, the revision grows. Undefined if there is no such certificate.
   */
  revoke(serial: string, revocation: Revocation): Promise<StoredCertificate | undefined>
  /**
   * Ends the hold of a certificate that is revoked with certificateHold, and adds 1 to the revision. Returns it as it is stored
   * now: any other one unchanged. Undefined if there is no such certificate.
   */
  unrevoke(serial: string): Promise<StoredCertificate | undefined>
  /** Revoked certificates whose `notAfter` is not before a time, by serial number, and the revision (from 0), in one snapshot. */
  listRevoked(notAfterFrom: Date): Promise<{ readonly revision: number; readonly revoked: readonly RevokedSerial[] }>
  /** The latest CRL without its octets, and the revision: if it is not the CRL's, something was revoked since. */
  latestCrl(): Promise<{ readonly revision: number; readonly crl?: CrlSummary }>
  /** The octets of the latest CRL, if it has this number. */
  findCrl(number: number): Promise<Octets | undefined>
  /**
   * Stores a CRL if the latest one has the number `replaced` (undefined if no CRL is stored yet), and returns true. Its number must be greater,
   * and its revision at least that of the latest. Otherwise stores nothing and returns false: another node was faster.
   */
  publishCrl(crl: StoredCrl, replaced: number | undefined): Promise<boolean>
}
