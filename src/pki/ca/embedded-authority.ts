import { toHex } from '../../../bindings/octets/integers.js'
import { type RandomSource, systemRandom } from '../../../bindings/octets/random.js'
import { type Octets } from '../../../bindings/octets/octets.js'
import { equalOctets } from '../../../bindings/octets/octets.js'
import type { CertificateAuthority, Disposition, Requester, StatusQuery, Submission } from '../authority.js'
import { certificateSignature, type Certificate } from '../x509/certificate.js'
import { createFullResponse } from '../requests/cmc-response.js'
import { encryptedKeyHashIn, withoutArchivedKey, type EnrollmentRequest } from '../requests/enrollment-request.js'
import {
  EXTENSION,
  extendedKeyUsage,
  keyUsage,
  securityIdentifier,
  template,
  templateName,
  type AuthorityInformation,
  type Extension,
} from '../x509/extensions.js'
import { keyFingerprint, readPublicKey } from '../keys/public-key.js'
import { checkKeyStrength, isPrimeModulus, type PublicPower } from '../keys/weak-keys.js'
import { isSameName } from '../x509/name-matching.js'
import { PkiError } from '../errors.js'
import { powerModulo } from '../../../bindings/engine/power.js'
import type { Engine } from '../../../bindings/engine/engine.js'
import type { SignatureVerifier, SigningKey } from '../keys/signing.js'
import { assess, type Assessment, type Policy } from './policy/assessment.js'
import { readChain } from './issuing/chain.js'
import { signCrl } from './issuing/crl.js'
import { SharedRun } from './issuing/shared-run.js'
import { denial } from './policy/denials.js'
import { CaError } from './errors.js'
import { isCompromised, relatedCertificates, type RelatedCertificate } from './related-certificates.js'
import { findRenewal, renewalOf, type Renewal } from './renewal-identity.js'
import { KeyArchive, type ArchivalOptions } from './archival.js'
import { currentExchangeCertificate } from './exchange.js'
import { CertificateIssuer } from './issuing/issuer.js'
import { usagesOf } from './policy/key-rules.js'
import { mayEnroll, Profiles, type Profile } from './policy/profile.js'
import { authorityExtensions } from './issuing/root.js'
import { serialText } from './issuing/sign-certificate.js'
import { wholeSeconds } from './issuing/sign-certificate.js'
import type {
  AuthorityStore,
  CrlSummary,
  CertificateContent,
  Decision,
  Denial,
  NewCertificate,
  NewRequest,
  RecordFilter,
  RecordSummary,
  Revocation,
  RevocationReason,
  StoredCertificate,
  StoredCrl,
  StoredRequest,
} from './records/store.js'
import { isOctets } from '../../../bindings/octets/shape.js'

export interface AuthorityOptions {
  /** Signs certificates, CRLs and responses: a key from a file, or any WebCrypto key, such as an HSM's. */
  readonly key: SigningKey
  /** Certificates of the authority, DER, the one of `key` first, up to the root. */
  readonly chain: readonly Octets[]
  readonly profiles: readonly Profile[]
  readonly store: AuthorityStore
  /** Verifies the chain, and the certificates that are to be renewed. */
  readonly verifier: SignatureVerifier
  /** The profile for requests that name none. Default: the only one that the account may enroll for; else they are denied. */
  readonly defaultProfile?: string
  /** Further rules, asked after the profile's. */
  readonly policy?: Policy
  /** URIs that certificates name. Default: none. */
  readonly crlDistributionPoints?: readonly string[]
  readonly authorityInformation?: Partial<AuthorityInformation>
  /** How long a CRL is valid, in milliseconds; it is renewed after half of that, and after each revocation. Default: a week. */
  readonly crlValidity?: number
  /** How far clocks may be apart, in milliseconds. Default: five minutes. */
  readonly skew?: number
  /** Archives the private keys of profiles that allow it. Default: there are no key exchange tokens, and no keys are archived. */
  readonly archival?: ArchivalOptions
  /** Tests RSA moduli faster. Default: BigInt. */
  readonly engine?: Engine
  readonly clock?: () => Date
  readonly random?: RandomSource
}

const WEEK = 7 * 86_400_000
/** Nodes that revoke at the same time collide once or twice. */
const MAX_CRL_ATTEMPTS = 16
const QUERY_TOKEN_OCTETS = 32

/**
 * A certificate authority on a key and a store. Throws `CaError` (`ca/chain`, `ca/key-mismatch`, `ca/profile`) and `PkiError`
 * for options that contradict each other.
 *
 * @example
 * ```ts
 * import {
 *   createAuthority, createCertificationRequest, createRoot, generateKey, MemoryAuthorityStore, parseName, readEnrollmentRequest,
 *   signatureVerifier,
 * } from 'uprove-wasm/pki'
 *
 * const DAY = 86_400_000
 * const [key, verifier] = [await generateKey('ECDSA-P256'), signatureVerifier()]
 * const root = await createRoot({ key, subject: parseName('CN=Example CA'), validity: 3650 * DAY })
 * const authority = await createAuthority({
 *   key,
 *   chain: [root],
 *   verifier,
 *   store: new MemoryAuthorityStore(),
 *   defaultProfile: 'User',
 *   profiles: [
 *     {
 *       name: 'User',
 *       validity: 90 * DAY,
 *       keyUsage: ['digitalSignature'],
 *       extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
 *       enrollers: 'everyone',
 *       approval: 'automatic',
 *     },
 *   ],
 * })
 * const { der } = await createCertificationRequest({ subject: 'CN=alice', key: await generateKey('ECDSA-P256') })
 * const { status } = await authority.submit({
 *   request: await readEnrollmentRequest(der, { verifier }),
 *   requester: { by: 'account', id: 'alice', method: 'password' },
 *   additionalContext: [],
 * })
 * console.log(status) // issued
 * ```
 */
export async function createAuthority(options: AuthorityOptions): Promise<EmbeddedAuthority> {
  const certificates = await readChain(options.chain, options.key, options.verifier)
  return new EmbeddedAuthority(options, certificates)
}

/** A revocation as it is recorded, which may be an earlier one for another reason. */
export interface Revoked extends Revocation {
  readonly serial: string
  /**
   * The certificates that the operator should revoke as well, since the revocation does not reach them: those that renewed this
   * one and, for keyCompromise, those for the same key.
   */
  readonly related: readonly RelatedCertificate[]
}

/** Made by `createAuthority`. The functions for operators throw `CaError` for requests and certificates that do not exist. */
export class EmbeddedAuthority implements CertificateAuthority {
  readonly chain: readonly Octets[]
  readonly #certificate: Certificate
  readonly #chain: readonly Certificate[]
  /** Fingerprints of the chain's keys. */
  readonly #chainKeys: readonly string[]
  readonly #options: AuthorityOptions
  readonly #profiles: Profiles
  readonly #issuer: CertificateIssuer
  readonly #store: AuthorityStore
  readonly #clock: () => Date
  readonly #random: RandomSource
  readonly #skew: number
  readonly #power: PublicPower
  readonly #archive: KeyArchive | undefined
  readonly #sharedCrl = new SharedRun(() => this.#currentCrl())
  /** In milliseconds, as the numbers of CRLs. */
  readonly #startedAt: number
  #published: { readonly number: number; readonly der: Octets } | undefined

  /** @internal */
  constructor(options: AuthorityOptions, certificates: readonly [Certificate, ...Certificate[]]) {
    const { clock = () => new Date(), random = systemRandom, skew = 300_000 } = options
    this.chain = certificates.map(({ der }) => der)
    this.#certificate = certificates[0]
    this.#chain = certificates
    this.#chainKeys = certificates.map(({ publicKey }) => keyFingerprint(readPublicKey(publicKey)))
    this.#power = options.engine?.powerVartime.bind(options.engine) ?? powerModulo
    this.#options = options
    this.#profiles = new Profiles(options.profiles)
    if (options.defaultProfile !== undefined && !this.#profiles.byName(options.defaultProfile)) {
      throw new CaError('ca/profile')
    }
    this.#issuer = new CertificateIssuer({ ...options, certificate: certificates[0], clock, random, skew })
    this.#store = options.store
    this.#archive = options.archival && new KeyArchive(options.archival, options.store)
    this.#clock = clock
    this.#startedAt = clock().getTime()
    this.#random = random
    this.#skew = skew
  }

  get archivesKeys(): boolean {
    return this.#archive !== undefined
  }

  async submit(submission: Submission): Promise<Disposition> {
    const { request, requester } = submission
    const renewal = renewalOf(request)
    const known = renewal && (await this.#findKnown(renewal, requester))
    if (known) return this.#disposition(known)

    const { defaultProfile, policy } = this.#options
    const assessment = await assess(submission, {
      profiles: this.#profiles,
      defaultProfile,
      policy,
      now: this.#clock(),
      findRenewable: (certificate) => this.#findRenewable(certificate),
      isCompromised: (fingerprint) => isCompromised(this.#store, fingerprint),
      chain: this.#chain,
      chainKeys: this.#chainKeys,
      power: this.#power,
    })
    const { account, content } = assessment
    // Requests from unknown callers are not stored.
    if (account === undefined) return this.#denied(assessment.decision as Denial, undefined)

    const archived = typeof assessment.decision === 'string' ? await this.#archived(request) : undefined
    const isArchived = isOctets(archived)
    const decision = archived === undefined || isArchived ? assessment.decision : archived
    const newRequest: NewRequest = {
      der: withoutArchivedKey(request),
      account: account.id,
      method: account.method,
      submittedAt: this.#clock(),
      content,
      renews: assessment.renews?.serial,
    }
    const kept = { decision, archivedKey: isArchived ? archived : undefined, idempotenceKey: renewal?.idempotenceKey }
    return this.#disposition(await this.#keep(newRequest, kept, requester))
  }

  /** The private key that came with a request, encrypted to the recovery agents, or a denial; undefined if none came. */
  async #archived(request: EnrollmentRequest): Promise<Octets | Denial | undefined> {
    const { archivedKey } = request
    if (archivedKey === undefined) return undefined
    return this.#archive?.archive({ ...request, archivedKey }, this.#clock()) ?? denial('archival-unavailable')
  }

  /** Keeps a request with its decision: a certificate is recorded before it leaves. */
  async #keep(
    request: NewRequest,
    {
      decision,
      archivedKey,
      idempotenceKey,
    }: Pick<Assessment, 'decision'> & { readonly archivedKey?: Octets; readonly idempotenceKey?: string },
    requester: Requester,
  ): Promise<StoredRequest> {
    const { content } = request
    const named = { ...request, idempotenceKey }
    if (decision === 'pend') {
      const queryToken = requester.by === 'certificate' ? this.#newQueryToken() : undefined
      return this.#store.insert({ ...named, queryToken }, undefined, archivedKey)
    }
    if (decision === 'issue') {
      return this.#store.insert(named, { status: 'issued', certificate: await this.#issue(content!) }, archivedKey)
    }
    // Without the idempotence key: a denial may depend on the time, and the same request may be granted later. Records keep the
    // reason, not the cause.
    return { ...(await this.#store.insert(request, decision)), outcome: decision }
  }

  /** The stored request that means the same, if it is the requester's. */
  async #findKnown(renewal: Renewal, requester: Requester): Promise<StoredRequest | undefined> {
    const known = await findRenewal(this.#store, renewal)
    if (known === undefined) return undefined
    const isTheirs =
      requester.by === 'account'
        ? requester.id === known.account
        : equalOctets(requester.certificate.der, renewal.certificate.der)
    return isTheirs ? known : undefined
  }

  /** Decimal and below 2^32, as in [MS-WCCE]. */
  isRequestId(text: string): boolean {
    return /^(?:0|[1-9]\d{0,9})$/.test(text) && Number(text) < 2 ** 32
  }

  async query(query: StatusQuery): Promise<Disposition | undefined> {
    const request = await this.#store.findRequest(query.requestId)
    if (request === undefined || !(await this.#mayQuery(request, query))) return undefined
    return this.#disposition(request)
  }

  async #mayQuery(request: StoredRequest, { requester, queryToken }: StatusQuery): Promise<boolean> {
    if (isSameSecret(queryToken, request.queryToken)) return true
    if (requester === undefined) return false
    if (requester.by === 'account') return requester.id === request.account
    const renewed = request.renews === undefined ? undefined : await this.#store.findCertificate(request.renews)
    return renewed !== undefined && equalOctets(renewed.der, requester.certificate.der)
  }

  async exchangeCertificate(): Promise<Octets | undefined> {
    const { archival } = this.#options
    if (archival === undefined) return undefined
    return currentExchangeCertificate(archival, {
      store: this.#store,
      issuer: this.#issuer,
      authority: this.#certificate.subject,
      now: this.#clock(),
    })
  }

  async renewalRefusal(certificate: Certificate): Promise<string | undefined> {
    const found = await this.#findRenewable(certificate)
    return typeof found === 'string' ? found : undefined
  }

  /**
   * The stored certificate, or the code of the reason why it cannot be renewed. Both its signature and its record must be
   * right, so that neither a leaked key nor a writable store is enough.
   */
  async #findRenewable(certificate: Certificate): Promise<StoredCertificate | string> {
    const stored = await this.#store.findCertificate(serialText(certificate.serialNumber))
    const isIssuedHere =
      stored !== undefined &&
      equalOctets(stored.der, certificate.der) &&
      (await this.#options.verifier.verify(certificateSignature(certificate, this.#certificate)))
    if (!isIssuedHere) return 'denial/renewal-not-issued-here'
    if (stored.kind !== 'end-entity' || certificate.isCa) return 'denial/renewal-kind'
    if (stored.revocation !== undefined) return 'denial/renewal-revoked'
    const now = this.#clock()
    if (now < certificate.notBefore || now > certificate.notAfter) return 'denial/renewal-expired'
    // Its key proves nothing if another certificate with that key was compromised.
    const fingerprint = keyFingerprint(readPublicKey(certificate.publicKey))
    return (await isCompromised(this.#store, fingerprint)) ? 'denial/renewal-key-compromised' : stored
  }

  /** A page of the requests that wait for an operator, oldest first: at most `limit` (default 100), after the one with the number `after`. */
  pending({ after, limit = 100 }: Partial<Pick<RecordFilter, 'after' | 'limit'>> = {}): Promise<
    readonly RecordSummary[]
  > {
    return this.#store.list({ status: 'pending', after, limit })
  }

  /**
   * Issues what a pending request asks for. It is denied instead if its account may no longer enrol, its key was compromised, or
   * the certificate that it renews was revoked since. Throws `CaError`: `ca/unknown-request`, `ca/decided` if it was denied
   * before, `ca/profile` if its profile is gone.
   */
  async approve(requestId: string, operator?: string): Promise<Disposition> {
    const request = await this.#store.findRequest(requestId)
    if (request === undefined) throw new CaError('ca/unknown-request')
    if (request.outcome.status === 'denied') throw new CaError('ca/decided')
    if (request.outcome.status === 'issued') return this.#disposition(request)
    const decision = await this.#approval(request)
    const decided = await this.#decide(request, decision, operator)
    // Another operator was faster.
    if (decided.outcome.status === 'denied' && decision.status !== 'denied') throw new CaError('ca/decided')
    // A store need not keep the cause.
    const { outcome } = decided
    const isOurs = decision.status === 'denied' && outcome.status === 'denied' && decision.reason === outcome.reason
    return this.#disposition(isOurs ? { ...decided, outcome: decision } : decided)
  }

  /** Repeats the checks whose result may have changed while the request waited. */
  async #approval({ account: id, method, renews, content }: StoredRequest): Promise<Decision> {
    const profile = content && this.#profiles.byName(content.profile)
    if (content === undefined || profile === undefined) throw new CaError('ca/profile')
    const renewed = renews === undefined ? undefined : await this.#store.findCertificate(renews)
    if (renewed?.revocation) return denial('renewal-refused', 'denial/renewal-revoked')
    if (!(await mayEnroll(profile, { id, method }))) return denial('template-denied')
    const fingerprint = keyFingerprint(readPublicKey(content.publicKey))
    if (await isCompromised(this.#store, fingerprint)) return denial('key-compromised')
    return { status: 'issued', certificate: await this.#issue(content) }
  }

  /** Denies a pending request. Throws `CaError`: `ca/unknown-request`, `ca/decided` if its certificate was issued. */
  async deny(requestId: string, operator?: string): Promise<Disposition> {
    const request = await this.#store.findRequest(requestId)
    if (request === undefined) throw new CaError('ca/unknown-request')
    const decided = await this.#decide(request, denial('denied-by-operator'), operator)
    if (decided.outcome.status !== 'denied') throw new CaError('ca/decided')
    return this.#disposition(decided)
  }

  async #decide({ requestId }: StoredRequest, decision: Decision, operator?: string): Promise<StoredRequest> {
    const event = { at: this.#clock(), event: decision.status, operator }
    return (await this.#store.decide(requestId, decision, event))!
  }

  /**
   * Revokes a certificate. Once more changes nothing, except that every reason replaces certificateHold, and keyCompromise
   * every other one. Only certificateHold can be withdrawn, by `unrevoke`.
   *
   * @param serial hexadecimal, as `openssl x509 -serial` prints it too. Throws `CaError` (`ca/unknown-certificate`).
   */
  async revoke(serial: string, reason: RevocationReason = 'unspecified'): Promise<Revoked> {
    const at = wholeSeconds(this.#clock().getTime())
    const revoked = await this.#store.revoke(serialOf(serial), { at, reason })
    if (revoked?.revocation === undefined) throw new CaError('ca/unknown-certificate')
    const related = await relatedCertificates(this.#store, revoked, this.#clock())
    return { serial: revoked.serial, ...revoked.revocation, related }
  }

  /**
   * Withdraws a revocation with the reason certificateHold: the next CRL omits the certificate (RFC 5280, section 5.3.1; only a
   * delta CRL would list it, with removeFromCRL). Throws `CaError`: `ca/unknown-certificate`, `ca/not-held`.
   */
  async unrevoke(serial: string): Promise<void> {
    const name = serialOf(serial)
    const stored = await this.#store.findCertificate(name)
    if (stored === undefined) throw new CaError('ca/unknown-certificate')
    if (stored.revocation?.reason !== 'certificateHold') throw new CaError('ca/not-held')
    // Between the two calls another operator may have revoked it for good.
    if ((await this.#store.unrevoke(name))?.revocation !== undefined) throw new CaError('ca/not-held')
  }

  /**
   * The private key that was archived for a certificate, encrypted to the recovery agents (`recoverKey` decrypts it), and the
   * certificate, DER. Throws `CaError` (`ca/unknown-certificate`, `ca/not-archived`).
   *
   * @param serial hexadecimal, as for `revoke`
   */
  async archivedKey(serial: string): Promise<{ readonly certificate: Octets; readonly envelope: Octets }> {
    const name = serialOf(serial)
    const [certificate, envelope] = [await this.#store.findCertificate(name), await this.#store.findArchivedKey(name)]
    if (certificate === undefined) throw new CaError('ca/unknown-certificate')
    if (envelope === undefined) throw new CaError('ca/not-archived')
    return { certificate: certificate.der, envelope }
  }

  /**
   * The current CRL, DER: the last one, unless something was revoked since, half of its time is over, or it is from before this authority
   * was opened. The same array until there is another one. Callers share the work: it knows of every revocation from before the call.
   */
  crl(): Promise<Octets> {
    return this.#sharedCrl.result()
  }

  async #currentCrl(): Promise<Octets> {
    for (let attempt = 0; attempt < MAX_CRL_ATTEMPTS; attempt++) {
      const { revision, crl } = await this.#store.latestCrl()
      if (crl?.revision === revision && this.#isFresh(crl) && !this.#mayBeRestored(crl)) {
        const der = this.#published?.number === crl.number ? this.#published.der : await this.#store.findCrl(crl.number)
        // Undefined if another node has just published the next one.
        if (der !== undefined) return this.#publish(crl.number, der)
        continue
      }
      const next = await this.#nextCrl(crl)
      if (await this.#store.publishCrl(next, crl?.number)) return this.#publish(next.number, next.der)
    }
    throw new CaError('ca/crl-contention')
  }

  /** Keeps the octets of the latest CRL in memory. */
  #publish(number: number, der: Octets): Octets {
    this.#published = { number, der }
    return der
  }

  #isFresh({ thisUpdate, nextUpdate }: CrlSummary): boolean {
    return this.#clock().getTime() < (thisUpdate.getTime() + nextUpdate.getTime()) / 2
  }

  /**
   * Whether clients may know a later CRL than this one of the store, which may have been restored from a backup before this process
   * started, or while it ran. The next CRL then takes its place: numbers never go back (RFC 5280, section 5.2.3).
   */
  #mayBeRestored({ number }: CrlSummary): boolean {
    return number < (this.#published?.number ?? this.#startedAt)
  }

  /** The time in milliseconds, or one more than the last number if that is greater: so numbers do not go back with a store that is restored. */
  #nextNumber(last: CrlSummary | undefined): number {
    return Math.max(this.#clock().getTime(), 1 + Math.max(last?.number ?? 0, this.#published?.number ?? 0))
  }

  async #nextCrl(last: CrlSummary | undefined): Promise<StoredCrl> {
    // A certificate that expired since the last CRL appears in one more (RFC 5280, section 3.3).
    const { revision, revoked } = await this.#store.listRevoked(last?.thisUpdate ?? new Date(0))
    const now = this.#clock().getTime()
    const thisUpdate = wholeSeconds(now - this.#skew)
    const nextUpdate = wholeSeconds(now + (this.#options.crlValidity ?? WEEK))
    const number = this.#nextNumber(last)
    const issuerKeyIdentifier = await this.#issuer.keyIdentifier()
    const content = { issuer: this.#certificate.subject, issuerKeyIdentifier, number, thisUpdate, nextUpdate, revoked }
    const der = await signCrl(content, this.#options.key)
    return { number, revision, der, thisUpdate, nextUpdate }
  }

  /**
   * Issues the certificate of an authority below this one, DER. First make sure that the applicant has the private key. Throws
   * `CaError`: `ca/path-length`, `ca/name`, `ca/validity`, `ca/expired`, `ca/key-compromised`; `PkiError`
   * for a key that is weak or malformed.
   */
  async certifyAuthority(authority: {
    /** SubjectPublicKeyInfo and Name, DER. */
    readonly publicKey: Octets
    readonly subject: Octets
    /** In milliseconds. */
    readonly validity: number
    /** Default 0: none below. */
    readonly pathLength?: number
  }): Promise<Octets> {
    const { publicKey, subject, validity, pathLength = 0 } = authority
    const { pathLength: allowed = Infinity } = this.#certificate
    checkKeyStrength(publicKey)
    const key = readPublicKey(publicKey)
    if (isPrimeModulus(key, this.#power)) throw new PkiError('pki/rsa-prime')
    if (await isCompromised(this.#store, keyFingerprint(key))) throw new CaError('ca/key-compromised')
    if (pathLength >= allowed) throw new CaError('ca/path-length')
    if (subject.length <= 2 || isSameName(subject, this.#certificate.subject)) throw new CaError('ca/name')
    if (!(validity >= 60_000)) throw new CaError('ca/validity')
    const extensions = authorityExtensions(pathLength)
    const certificate = await this.#issuer.issue({ kind: 'authority', subject, publicKey, validity, extensions })
    await this.#store.insertCertificate(certificate)
    return certificate.der
  }

  async #issue({
    profile: name,
    publicKey,
    subject,
    subjectAlternativeName: names,
    sid,
  }: CertificateContent): Promise<NewCertificate> {
    const profile = this.#profiles.byName(name)
    const usages = profile ? usagesOf(readPublicKey(publicKey), profile.keyUsage) : []
    // Pending requests outlive profiles.
    if (profile === undefined || usages.length === 0) throw new CaError('ca/profile')
    const extensions: Extension[] = [
      keyUsage(...usages),
      extendedKeyUsage(...profile.extendedKeyUsage),
      ...(names ? [{ oid: EXTENSION.subjectAltName, critical: subject.length <= 2, value: names }] : []),
      profile.template ? template(profile.template) : templateName(profile.name),
      ...(sid === undefined ? [] : [securityIdentifier(sid)]),
    ]
    return this.#issuer.issue({ kind: 'end-entity', subject, publicKey, validity: profile.validity, extensions })
  }

  async #disposition({
    requestId,
    der: request,
    outcome,
    submittedAt,
    queryToken,
  }: StoredRequest): Promise<Disposition> {
    if (outcome.status === 'denied') return this.#denied(outcome, requestId)
    if (outcome.status === 'pending') {
      const status = { status: 'pending', requestId } as const
      const response = await this.#response('Taken Under Submission', { ...status, time: submittedAt })
      return { ...status, response, queryToken }
    }
    const { der, revocation } = outcome.certificate
    if (revocation) return this.#denied(denial('revoked'), requestId)
    const encryptedKeyHash = encryptedKeyHashIn(request)
    const response = await this.#response('Issued', { status: 'issued', certificate: der, encryptedKeyHash })
    return { status: 'issued', requestId, certificate: der, response }
  }

  async #denied({ reason, errorCode, cause, detail }: Denial, requestId: string | undefined): Promise<Disposition> {
    const denied = { status: 'denied', reason, errorCode, requestId, cause, detail } as const
    // A response is signed only for a recorded request.
    if (requestId === undefined) return denied
    return { ...denied, response: await this.#response('Denied', { status: 'denied' }) }
  }

  #response(statusString: string, content: ResponseContent): Promise<Octets> {
    const signer = { key: this.#options.key, certificate: this.#certificate }
    return createFullResponse({ statusString, signer, chain: this.chain.slice(1), ...content })
  }

  #newQueryToken(): string {
    const octets = new Uint8Array(QUERY_TOKEN_OCTETS)
    this.#random.fill(octets)
    return toHex(octets)
  }
}

/** A serial number as it is stored. */
const serialOf = (text: string): string => text.toLowerCase().replace(/^(00)+/, '')

type ResponseContent =
  | { readonly status: 'issued'; readonly certificate: Octets; readonly encryptedKeyHash?: Octets }
  | { readonly status: 'denied' }
  | { readonly status: 'pending'; readonly requestId: string; readonly time: Date }

/** Constant time in the contents. */
function isSameSecret(shown: string | undefined, secret: string | undefined): boolean {
  if (shown === undefined || shown.length !== secret?.length) return false
  let difference = 0
  for (let i = 0; i < shown.length; i++) difference |= shown.charCodeAt(i) ^ secret.charCodeAt(i)
  return difference === 0
}
