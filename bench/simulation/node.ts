import { sha256 } from '@noble/hashes/sha2.js'
import { toHex } from '../../bindings/octets/integers.js'
import { itemAt } from '../../bindings/octets/lists.js'
import { encodeText } from '../../bindings/octets/text.js'
import {
  Authentication,
  type AuthenticationOptions,
  type TransportCredentials,
} from '../../src/authentication/authentication.js'
import { AuthenticationError } from '../../src/authentication/errors.js'
import type { ReplayCache } from '../../src/authentication/single-use.js'
import { createAuthority, type EmbeddedAuthority } from '../../src/pki/ca/embedded-authority.js'
import type { PoolIssuer } from '../../src/pool/parties/pool-issuer.js'
import { directoryAccounts } from '../../src/server/deployment/accounts.js'
import { Directory, type Account } from '../../src/server/deployment/directory.js'
import { sealPassword } from '../../src/server/deployment/sealed-passwords.js'
import { securityFault } from '../../src/soap/envelope/standard-faults.js'
import type { HttpHandler, HttpRequest, HttpResponse } from '../../src/soap/http/http.js'
import { presentedToken } from './messages.js'
import type { IssuanceBackend, Principal } from '../../src/ws-trust/issuance/backend.js'
import { ClaimProvider } from '../../src/ws-trust/issuance/claim-provider.js'
import { readThirdResponse } from '../../src/ws-trust/issuance/messages.js'
import { poolIssuanceBackend } from '../../src/ws-trust/issuance/pool-backend.js'
import { messageElement } from '../../src/ws-trust/artefacts/presentation-message.js'
import { RelyingParty } from '../../src/ws-trust/presentation/relying-party.js'
import { isOwnFailure } from '../../src/ws-trust/soap/faults.js'
import { claimProviderService, relyingPartyService } from '../../src/ws-trust/soap/soap-service.js'
import { SecurityTokenService } from '../../src/wstep/security-token-service.js'
import { canonicalize } from '../../src/xml/canonicalize.js'
import type { XmlElement } from '../../src/xml/tree.js'
import type { XmlInput } from '../../src/xml/reader.js'
import { LOGINS, QUOTAS, type Checker } from './checker.js'
import type { Connection, SimulatedDatabase } from './store/database.js'
import type { Defect } from './defects.js'
import { CLAIM_TYPE, type Material } from './material.js'
import type { Host } from './network.js'
import { SimulatedStore } from './store/simulated-store.js'

export const HOST = 'https://service.example'
export const PATHS = { claims: '/claims', present: '/present', challenge: '/challenge', wstep: '/wstep' } as const

export const PASSWORD = 'correct horse battery staple'
/** Whose password somebody guesses. */
export const GUESSED = 'guessed'
const SEALING_KEY = new Uint8Array(32).fill(7)
const clock = (): Date => new Date()

/** Accounts without the cost of hashing passwords. */
class QuickDirectory extends Directory {
  constructor(
    names: readonly string[],
    private readonly checker: Checker,
  ) {
    const user = (name: string) => ({ password: PASSWORD, sealedPassword: sealPassword(PASSWORD, name, SEALING_KEY) })
    super(new Map(names.map((name) => [name, user(name)])) as unknown as ConstructorParameters<typeof Directory>[0])
  }

  override recall(): undefined {
    return undefined
  }

  override authenticate(name: string, password: string): Promise<Account | undefined> {
    if (password !== PASSWORD) this.checker.guessed()
    return Promise.resolve(password === PASSWORD ? this.find(name) : undefined)
  }
}

/** A Claim Provider whose answers are seen as they leave it. */
class WatchedProvider extends ClaimProvider {
  constructor(
    private readonly checker: Checker,
    ...options: ConstructorParameters<typeof ClaimProvider>
  ) {
    super(...options)
  }

  override async respond(principal: Principal | undefined, input: XmlInput): Promise<XmlElement> {
    const third = await super.respond(principal, input)
    const { context, sigmaR } = readThirdResponse(third)
    this.checker.answered(context, principal?.id ?? '', sigmaR)
    return third
  }
}

export interface NodeOptions {
  readonly material: Material
  readonly database: SimulatedDatabase
  readonly checker: Checker
  readonly accounts: readonly string[]
  readonly defect?: Defect
}

/** A node: the service as it is shipped, on a store, a network and a clock that are not. */
export class SimulatedNode implements Host, Connection {
  offset = 0
  incarnation = 0
  isUp = false
  isReachable = true
  /** Requests that it has not answered yet. */
  unanswered = 0
  #store: SimulatedStore | undefined
  #authority: EmbeddedAuthority | undefined
  #issuer: PoolIssuer | undefined
  #handlers: Readonly<Record<string, HttpHandler>> = {}

  constructor(
    readonly name: string,
    private readonly options: NodeOptions,
  ) {}

  get store(): SimulatedStore {
    if (this.#store === undefined) throw new Error(`${this.name} has never started`)
    return this.#store
  }

  get authority(): EmbeddedAuthority {
    if (this.#authority === undefined) throw new Error(`${this.name} has never started`)
    return this.#authority
  }

  /** Starts it: nothing is left of what it had in memory before. */
  async start(): Promise<void> {
    const { database, defect, material } = this.options
    const { key, root, profiles } = material.authority
    const { verifier } = material
    await this.dispose()
    const store = new SimulatedStore(database, this, { clock, defect, logins: LOGINS })
    this.#authority = await createAuthority({ key, chain: [root], profiles, verifier, store: store.authority })
    this.#store = store
    const authentication = this.#authentication(store)
    const wstep = new SecurityTokenService({
      ...{ ...authentication, authority: this.#authority, verifier, address: HOST + PATHS.wstep },
      events: { failed: (error) => this.#judge(error) },
    })
    const none: TransportCredentials = {}
    this.#handlers = {
      [PATHS.claims]: this.#claims(store, authentication),
      [PATHS.present]: this.#presentations(store),
      [PATHS.challenge]: this.#challenges(store),
      [PATHS.wstep]: (request) => wstep.handle(request, none),
    }
    this.unanswered = 0
    this.isUp = true
  }

  /** Wipes what it computes with. */
  async dispose(): Promise<void> {
    await this.#issuer?.dispose()
  }

  /** It ends at once: whatever it was doing is never continued. */
  crash(): void {
    this.isUp = false
    this.incarnation++
  }

  async handle(request: HttpRequest): Promise<HttpResponse> {
    const { incarnation } = this
    const handler = this.#handlers[request.target]
    if (handler === undefined) throw new Error(`there is no ${request.target}`)
    this.unanswered++
    const response = await handler(request, undefined)
    if (incarnation === this.incarnation) this.unanswered--
    return response
  }

  /** Errors that are not refusals must come from the store. */
  #judge(error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
    if (code === 'store/port' || code === 'store/unavailable') return
    // After five jumps ahead, the authority's ten years are over.
    if (code === 'ca/expired' && this.options.checker.clocksJump) return
    this.options.checker.fail('nothing unexpected happens', `${this.name}: ${code ?? ''} ${String(error)}`)
  }

  #authentication(store: SimulatedStore): AuthenticationOptions {
    const { accounts, checker } = this.options
    const replayCache: ReplayCache = {
      insert: async (keys, until) => {
        const isNew = await store.passwordDigests.insert(keys, until)
        if (isNew) checker.acceptedDigest(keys)
        return isNew
      },
    }
    const directory = new QuickDirectory(accounts, checker)
    const options = { directory, logins: store.logins, attemptsPerAddress: 100, digestKey: SEALING_KEY }
    return { accounts: directoryAccounts(options), replayCache }
  }

  #claims(store: SimulatedStore, options: AuthenticationOptions): HttpHandler {
    const { material, checker } = this.options
    const issuer = material.pool.issuer(material.issuer.issuer, { ...QUOTAS, openTokens: store.openTokens })
    this.#issuer = issuer
    const backend = poolIssuanceBackend(issuer)
    const watched: IssuanceBackend = {
      ...backend,
      respond: async (state, message) => {
        const name = toHex(sha256(state))
        const answer = await backend.respond(state, message)
        checker.computed(name, message.sigmaC, answer.sigmaR)
        return answer
      },
    }
    const provider = new WatchedProvider(checker, {
      ...{ issuer: material.issuer, backend: watched, store: store.exchanges },
      claims: ({ id }, claimTypes) => claimTypes.map((type) => (type === CLAIM_TYPE ? valueOf(id) : null)),
    })
    const authentication = new Authentication(options, clock)
    return claimProviderService<Principal>({
      provider,
      authenticate: async ({ securityHeader }) => {
        try {
          return await authentication.authenticate(securityHeader?.usernameToken, {})
        } catch (error) {
          if (!(error instanceof AuthenticationError)) throw error
          throw securityFault('FailedAuthentication', undefined, error)
        }
      },
      onError: (error) => {
        if (isOwnFailure(error)) this.#judge(error)
      },
    })
  }

  #relyingParty(store: SimulatedStore, replayCache: ReplayCache): RelyingParty {
    const { parameters } = this.options.material.issuer
    return new RelyingParty({ identifiers: [HOST], parameters: [parameters], replayCache, nonces: store.nonces })
  }

  #presentations(store: SimulatedStore): HttpHandler {
    const { checker, defect } = this.options
    const service = (replayCache: ReplayCache): HttpHandler =>
      relyingPartyService({
        relyingParty: this.#relyingParty(store, replayCache),
        onVerdict: ({ valid }, { body }) => {
          if (valid) checker.accepted(presentedToken(body).witnesses)
        },
        onError: (error) => {
          if (isOwnFailure(error)) this.#judge(error)
        },
      })
    if (defect !== 'bytes-replay') return service(store.presentations)
    return (request, context) => {
      const [bytes = ''] =
        /<[^<>]*PresentationToken[^]*PresentationToken>/.exec(new TextDecoder().decode(request.body)) ?? []
      const byBytes: ReplayCache = {
        insert: (_, until) => store.presentations.insert([sha256(encodeText(bytes))], until),
      }
      return service(byBytes)(request, context)
    }
  }

  #challenges(store: SimulatedStore): HttpHandler {
    const relyingParty = this.#relyingParty(store, store.presentations)
    return async () => {
      try {
        const body = canonicalize(messageElement(await relyingParty.challenge()))
        return { status: 200, headers: {}, body }
      } catch (error) {
        this.#judge(error)
        return { status: 503, headers: {}, body: new Uint8Array(0) }
      }
    }
  }
}

/** The claim of an account: greedy ones share theirs, and so gamma. */
function valueOf(id: string): string {
  return id.startsWith('greedy') ? 'greedy' : itemAt(id.split(':'), 0)
}
