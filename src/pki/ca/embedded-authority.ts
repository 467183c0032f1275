import { toHex } from '../../../bindings/octets/integers.js'
import { type RandomSource, systemRandom } from '../../../bindings/octets/random.js'
import { concatOctets, type Octets } from '../../../bindings/octets/octets.js'
import { equalOctets } from '../../../bindings/octets/octets.js'
import type { CertificateAuthority, Disposition, Requester, StatusQuery, Submission } from '../authority.js'
import { certificateSignature, type Certificate } from '../x509/certificate.js'
import { createFullResponse } from '../requests/cmc-response.js'
import {
  EXTENSION,
  extendedKeyUsage,
  keyUsage,
  template,
  templateName,
  type AuthorityInformation,
  type Extension,
} from '../x509/extensions.js'
import { checkKeyStrength } from '../keys/public-key.js'
import type { SignatureVerifier, SigningKey } from '../keys/signing.js'
import { assess, type Assessment, type Policy } from './policy/assessment.js'
import { readChain } from './issuing/chain.js'
import { signCrl } from './issuing/crl.js'
import { denial } from './policy/denials.js'
import { CaError } from './errors.js'
import { currentExchangeCertificate, type ExchangeOptions } from './exchange.js'
import { CertificateIssuer } from './issuing/issuer.js'
import { DEFAULT_KEYS, usagesOfKey } from './policy/key-rules.js'
import { Profiles, type Profile } from './policy/profile.js'
import { authorityExtensions } from './issuing/root.js'
import { serialText } from './issuing/sign-certificate.js'
import { wholeSeconds } from './issuing/sign-certificate.js'
import type {
  AuthorityStore,
  CertificateContent,
  Decision,
  Denial,
  NewCertificate,
  NewRequest,
  RevocationReason,
  StoredCertificate,
  StoredCrl,
  StoredRequest,
} from './records/store.js'

export interface AuthorityOptions {
  /** Signs certificates, CRLs and responses: from a file, or any of WebCrypto, an HSM's for example. */
  readonly key: SigningKey
  /** Certificates of the authority, DER, the one of `key` first, up to the root. */
  readonly chain: readonly Octets[]
  readonly profiles: readonly Profile[]
  readonly store: AuthorityStore
  /** Verifies the chain, and the certificates that are to be renewed. */
  readonly verifier: SignatureVerifier
  /** The profile for requests that name none. Default: they are denied. */
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
  /** For key exchange tokens. Default: there are none. */
  readonly exchange?: ExchangeOptions
  readonly clock?: () => Date
  readonly random?: RandomSource
}

const WEEK = 7 * 86_400_000
/** Two nodes that revoke at once meet once or twice. */
const MAX_CRL_ATTEMPTS = 16
const QUERY_TOKEN_OCTETS = 32

/**
 * A certificate authority on a key and a store. Throws `CaError` (`ca/chain`, `ca/key-mismatch`, `ca/profile`) and `PkiError`
 * for options that do not go together.
 */
export async function createAuthority(options: AuthorityOptions): Promise<EmbeddedAuthority> {
  const certificates = await readChain(options.chain, options.key, options.verifier)
  return new EmbeddedAuthority(options, certificates)
}

/** Made by `createAuthority`. Operators' functions throw `CaError` for what is not there. */
export class EmbeddedAuthority implements CertificateAuthority {
  readonly chain: readonly Octets[]
  readonly #certificate: Certificate
  readonly #options: AuthorityOptions
  readonly #profiles: Profiles
  readonly #issuer: CertificateIssuer
  readonly #store: AuthorityStore
  readonly #clock: () => Date
  readonly #random: RandomSource
  readonly #skew: number

  /** @internal */
  constructor(options: AuthorityOptions, certificates: readonly [Certificate, ...Certificate[]]) {
    const { clock = () => new Date(), random = systemRandom, skew = 300_000 } = options
    this.chain = certificates.map(({ der }) => der)
    this.#certificate = certificates[0]
    this.#options = options
    this.#profiles = new Profiles(options.profiles)
    if (options.defaultProfile !== undefined && !this.#profiles.byName(options.defaultProfile)) {
      throw new CaError('ca/profile')
    }
    this.#issuer = new CertificateIssuer({ ...options, certificate: certificates[0], clock, random, skew })
    this.#store = options.store
    this.#clock = clock
    this.#random = random
    this.#skew = skew
  }

  async submit(submission: Submission): Promise<Disposition> {
    const { request, requester } = submission
    const idempotenceKey = request.renewalCertificate && (await idempotenceKeyOf(request.der, requester))
    const known = idempotenceKey && (await this.#store.findByIdempotenceKey(idempotenceKey))
    if (known) return this.#disposition(known)

    const { defaultProfile, policy } = this.#options
    const assessment = await assess(submission, {
      profiles: this.#profiles,
      defaultProfile,
      policy,
      now: this.#clock(),
      findRenewable: (certificate) => this.#findRenewable(certificate),
      ownKey: this.#options.key.publicKey,
    })
    const { account, decision, content } = assessment
    // Strangers fill no stores.
    if (account === undefined) return this.#denied(decision as Denial, undefined)

    const newRequest: NewRequest = {
      ...{ der: request.der, account: account.id, method: account.method, submittedAt: this.#clock() },
      content,
      ...(assessment.renews && { renews: assessment.renews.serial }),
    }
    return this.#disposition(await this.#keep(newRequest, assessment, idempotenceKey, requester))
  }

  /** Keeps a request with its decision: a certificate is recorded before it leaves. */
  async #keep(
    request: NewRequest,
    { decision, content }: Assessment,
    idempotenceKey: string | undefined,
    requester: Requester,
  ): Promise<StoredRequest> {
    const named = { ...request, idempotenceKey }
    if (decision === 'pend') {
      const needsToken = requester.by === 'certificate'
      return this.#store.insert({ ...named, ...(needsToken && { queryToken: this.#newQueryToken() }) })
    }
    if (decision === 'issue') {
      return this.#store.insert(named, { status: 'issued', certificate: await this.#issue(content!) })
    }
    // Without a name: a denial may be due to the time, and the same request be right later.
    return this.#store.insert(request, decision)
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
    const { exchange } = this.#options
    if (exchange === undefined) return undefined
    return currentExchangeCertificate(exchange, {
      store: this.#store,
      issuer: this.#issuer,
      authority: this.#certificate.subject,
      now: this.#clock(),
    })
  }

  async isRenewable(certificate: Certificate): Promise<boolean> {
    return (await this.#findRenewable(certificate)) !== undefined
  }

  /** Both the signature and the record are wanted: neither a leaked key nor a writable store is enough. */
  async #findRenewable(certificate: Certificate): Promise<StoredCertificate | undefined> {
    const stored = await this.#store.findCertificate(serialText(certificate.serialNumber))
    const now = this.#clock()
    const isFit =
      stored?.kind === 'end-entity' &&
      stored.revocation === undefined &&
      equalOctets(stored.der, certificate.der) &&
      !certificate.isCa &&
      certificate.notBefore <= now &&
      now <= certificate.notAfter
    if (!isFit) return undefined
    const isOwn = await this.#options.verifier.verify(certificateSignature(certificate, this.#certificate))
    return isOwn ? stored : undefined
  }

  /** Requests that wait for an operator, oldest first. */
  pending(): Promise<readonly StoredRequest[]> {
    return this.#store.listPending()
  }

  /**
   * Issues what a pending request asks for. A renewal whose old certificate was revoked since is denied instead. Throws
   * `CaError`: `ca/unknown-request`, `ca/decided` if it was denied, `ca/profile` if its profile is not there any more.
   */
  async approve(requestId: string, operator?: string): Promise<Disposition> {
    const request = await this.#store.findRequest(requestId)
    if (request === undefined) throw new CaError('ca/unknown-request')
    const isPending = request.outcome.status === 'pending'
    const decided = isPending ? await this.#decide(request, await this.#approval(request), operator) : request
    if (decided.outcome.status === 'denied' && decided.outcome.reason !== 'renewal-refused') {
      throw new CaError('ca/decided')
    }
    return this.#disposition(decided)
  }

  async #approval({ renews, content }: StoredRequest): Promise<Decision> {
    const renewed = renews === undefined ? undefined : await this.#store.findCertificate(renews)
    if (renewed?.revocation) return denial('renewal-refused')
    return { status: 'issued', certificate: await this.#issue(content!) }
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
   * Revokes a certificate, for good; once more changes nothing.
   *
   * @param serial hexadecimal, as `openssl x509 -serial` prints it too. Throws `CaError` (`ca/unknown-certificate`).
   */
  async revoke(serial: string, reason: RevocationReason = 'unspecified'): Promise<void> {
    const at = wholeSeconds(this.#clock().getTime())
    const name = serial.toLowerCase().replace(/^(00)+/, '')
    if ((await this.#store.revoke(name, { at, reason })) === undefined) throw new CaError('ca/unknown-certificate')
  }

  /** The current CRL, DER: the last one, unless something was revoked since or half of its time is over. */
  async crl(): Promise<Octets> {
    for (let attempt = 0; attempt < MAX_CRL_ATTEMPTS; attempt++) {
      const { revision, crl } = await this.#store.latestCrl()
      if (crl?.revision === revision && this.#isFresh(crl)) return crl.der
      const next = await this.#nextCrl(crl)
      if (await this.#store.publishCrl(next)) return next.der
    }
    throw new CaError('ca/crl-contention')
  }

  #isFresh({ thisUpdate, nextUpdate }: StoredCrl): boolean {
    return this.#clock().getTime() < (thisUpdate.getTime() + nextUpdate.getTime()) / 2
  }

  async #nextCrl(last: StoredCrl | undefined): Promise<StoredCrl> {
    // What ended since the last CRL is in one more (RFC 5280, section 3.3).
    const { revision, revoked } = await this.#store.listRevoked(last?.thisUpdate ?? new Date(0))
    const now = this.#clock().getTime()
    const thisUpdate = wholeSeconds(now - this.#skew)
    const nextUpdate = wholeSeconds(now + (this.#options.crlValidity ?? WEEK))
    const number = (last?.number ?? 0) + 1
    const issuerKeyIdentifier = await this.#issuer.keyIdentifier()
    const content = { issuer: this.#certificate.subject, issuerKeyIdentifier, number, thisUpdate, nextUpdate, revoked }
    const der = await signCrl(content, this.#options.key)
    return { number, revision, der, thisUpdate, nextUpdate }
  }

  /**
   * Issues the certificate of an authority below this one, DER. Whoever asks has been made sure to have the key. Throws
   * `CaError`: `ca/path-length`, `ca/name`, `ca/validity`, `ca/expired`; `PkiError` for a key that is weak or malformed.
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
    if (pathLength >= allowed) throw new CaError('ca/path-length')
    if (subject.length <= 2 || equalOctets(subject, this.#certificate.subject)) throw new CaError('ca/name')
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
  }: CertificateContent): Promise<NewCertificate> {
    const profile = this.#profiles.byName(name)
    const usages = profile ? usagesOfKey(publicKey, profile.keys ?? DEFAULT_KEYS, profile.keyUsage) : []
    // Pending requests outlive profiles.
    if (profile === undefined || usages.length === 0) throw new CaError('ca/profile')
    const extensions: Extension[] = [
      keyUsage(...usages),
      extendedKeyUsage(...profile.extendedKeyUsage),
      ...(names ? [{ oid: EXTENSION.subjectAltName, critical: subject.length <= 2, value: names }] : []),
      profile.template ? template(profile.template) : templateName(profile.name),
    ]
    return this.#issuer.issue({ kind: 'end-entity', subject, publicKey, validity: profile.validity, extensions })
  }

  async #disposition({ requestId, outcome, submittedAt, queryToken }: StoredRequest): Promise<Disposition> {
    if (outcome.status === 'denied') return this.#denied(outcome, requestId)
    if (outcome.status === 'pending') {
      const status = { status: 'pending', requestId } as const
      const response = await this.#response('Taken Under Submission', { ...status, time: submittedAt })
      return { ...status, response, queryToken }
    }
    const { der, revocation } = outcome.certificate
    if (revocation) return this.#denied(denial('revoked'), requestId)
    const response = await this.#response('Issued', { status: 'issued', certificate: der })
    return { status: 'issued', requestId, certificate: der, response }
  }

  async #denied({ reason, errorCode }: Denial, requestId: string | undefined): Promise<Disposition> {
    const denied = { status: 'denied', reason, errorCode, requestId } as const
    // What was not recorded is not worth a signature either.
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

type ResponseContent =
  | { readonly status: 'issued'; readonly certificate: Octets }
  | { readonly status: 'denied' }
  | { readonly status: 'pending'; readonly requestId: string; readonly time: Date }

/** Names a request and who asks; of a fixed length. */
async function idempotenceKeyOf(der: Octets, requester: Requester): Promise<string> {
  const who = requester.by === 'account' ? new TextEncoder().encode(requester.id) : requester.certificate.der
  const digests = await Promise.all([who, der].map((octets) => crypto.subtle.digest('SHA-256', octets)))
  const all = await crypto.subtle.digest('SHA-256', concatOctets(digests.map((digest) => new Uint8Array(digest))))
  return `${requester.by}:${toHex(new Uint8Array(all))}`
}

/** Constant time in the contents. */
function isSameSecret(shown: string | undefined, secret: string | undefined): boolean {
  if (shown === undefined || shown.length !== secret?.length) return false
  let difference = 0
  for (let i = 0; i < shown.length; i++) difference |= shown.charCodeAt(i) ^ secret.charCodeAt(i)
  return difference === 0
}
