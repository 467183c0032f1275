import { itemAt, known } from '../../../bindings/octets/lists.js'
import { equalOctets, limits, wipe, wipeAll } from '../../../bindings/octets/octets.js'
import { OctetReader, OctetWriter } from '../../../bindings/octets/octet-stream.js'
import { randomId } from '../../../bindings/octets/random.js'
import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import { decodeIssuedToken, encodeIssuedToken } from '../../uprove/token/token-codec.js'
import type { IssuedToken } from '../../uprove/token/token.js'
import { RecordSealer } from '../../ws-trust/wallet/wallet-key.js'
import type { WalletChanges, WalletStorage } from '../../ws-trust/wallet/wallet-storage.js'
import { readTokenInformation, type TokenInformation } from '../artefacts/token-information.js'
import { JsonError } from '../errors.js'
import { check } from '../syntax/reader.js'
import type { ObtainedTokens } from './obtain-tokens.js'

/** A token that was taken out of a wallet, with what it certifies. Its private key is secret. */
export interface HeldJsonToken {
  readonly token: IssuedToken
  readonly attributes: readonly Uint8Array[]
}

/** The options of a wallet. */
export interface JsonWalletOptions {
  /** `IndexedDbWalletStorage`, `FileWalletStorage` or `MemoryWalletStorage`; it may hold tokens of WS-Trust too. */
  readonly storage: WalletStorage
  /** Made by `createWalletKey()`, `walletKeyFromPassphrase()` or `walletKeyFromOctets()` of `uprove-wasm/ws-trust`. */
  readonly key: CryptoKey
  readonly clock?: () => Date
}

/** What the tokens of one batch share, and the names of their records. */
interface Batch {
  readonly header: string
  readonly attributes: readonly Uint8Array[]
  readonly tokenInformation: TokenInformation
  readonly names: string[]
}

const MAX_ATTEMPTS = 100

/**
 * A wallet of encrypted records. Each token is deleted from it before it is presented; several holders of one storage (tabs,
 * processes) never get the same token, and expired ones are never handed out. Records are called `json.ID` for what a batch shares, and
 * `json.ID.NUMBER` for tokens.
 *
 * @example
 * ```ts
 * import { createEngine } from 'uprove-wasm'
 * import { createJsonIssuer, JsonWallet, obtainTokens, TokenIssuance } from 'uprove-wasm/json'
 * import { P256 } from 'uprove-wasm/params/P256'
 * import { createWalletKey, MemoryWalletStorage } from 'uprove-wasm/ws-trust'
 *
 * const engine = await createEngine()
 * const issuer = createJsonIssuer(engine.curve(P256), { recommended: P256, specification: { n: 1 } })
 * const { parameters } = issuer
 * const issuance = new TokenIssuance({ issuer, attributes: () => ['member'], tokenInformation: () => ({}) })
 * const post = (document: string) => issuance.answer({ id: 'alice' }, document)
 *
 * const storage = new MemoryWalletStorage()
 * const wallet = await JsonWallet.open({ storage, key: await createWalletKey() })
 * await wallet.add(parameters, await obtainTokens({ parameters, post, count: 3 }))
 * const held = await wallet.take(parameters)
 * console.log(held?.attributes.length, await wallet.count(parameters)) // 1 2
 * ```
 */
export class JsonWallet {
  private constructor(
    private readonly storage: WalletStorage,
    private readonly sealer: RecordSealer,
    private readonly clock: () => Date,
  ) {}

  /** Throws `WsTrustError` (`ws-trust/wallet-key`) if the storage was written with another key. */
  static async open({ storage, key, clock = () => new Date() }: JsonWalletOptions): Promise<JsonWallet> {
    const sealer = await RecordSealer.create(key)
    await sealer.check(await storage.load())
    return new JsonWallet(storage, sealer, clock)
  }

  /** Keeps tokens. Throws `JsonError` (`json/wallet-busy`), and what the storage throws. */
  async add(parameters: IssuerParameters, { attributes, tokens }: ObtainedTokens): Promise<void> {
    check(tokens.length > 0, 'json/no-tokens')
    const { tokenInformation } = itemAt(tokens, 0).token
    const contents = new OctetWriter()
      .octets(parameters.uid)
      .octets(tokenInformation)
      .list(attributes, (list, attribute) => list.octets(attribute))
    const header = `json.${randomId()}`
    const add = new Map([[header, await this.sealer.seal(header, contents.finish())]])
    for (const [i, issued] of tokens.entries()) {
      const octets = encodeIssuedToken(parameters, issued)
      try {
        add.set(`${header}.${i}`, await this.sealer.seal(`${header}.${i}`, octets))
      } finally {
        wipe(octets)
      }
    }
    check(await this.storage.commit({ remove: [], add }), 'json/wallet-busy')
  }

  /** The number of tokens of an Issuer that have not expired. */
  async count(parameters: IssuerParameters): Promise<number> {
    const { batches } = await this.#load(parameters)
    return batches.reduce((sum, { names }) => sum + names.length, 0)
  }

  /** What the next token certifies, which stays in the wallet; undefined if there is none. */
  async next(parameters: IssuerParameters): Promise<Pick<Batch, 'attributes' | 'tokenInformation'> | undefined> {
    return (await this.#load(parameters)).batches[0]
  }

  /**
   * Takes a token out of the wallet, for good: of those of an Issuer the one that expires first. Undefined if there is none.
   * Throws `JsonError` (`json/wallet-busy`), and what the storage throws.
   */
  async take(parameters: IssuerParameters): Promise<HeldJsonToken | undefined> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const { records, batches } = await this.#load(parameters)
      const [batch] = batches
      if (batch === undefined) return undefined
      const name = itemAt(batch.names, 0)
      const octets = await this.sealer.open(name, known(records.get(name)))
      const secrets: Uint8Array[] = [octets]
      try {
        const token = decodeIssuedToken(parameters, octets)
        secrets.push(token.privateKey)
        const changes: WalletChanges = {
          remove: batch.names.length === 1 ? [name, batch.header] : [name],
          add: new Map(),
        }
        // False if another holder of the storage was faster.
        if (await this.storage.commit(changes)) {
          secrets.pop()
          return { token, attributes: batch.attributes }
        }
      } finally {
        wipeAll(secrets)
      }
    }
    throw new JsonError('json/wallet-busy')
  }

  /** The batches of an Issuer that have tokens and have not expired, in the order of their expiry. */
  async #load(parameters: IssuerParameters): Promise<{ records: ReadonlyMap<string, Uint8Array>; batches: Batch[] }> {
    const records = await this.storage.load()
    const found = new Map<string, Batch>()
    for (const [header, record] of records) {
      if (!/^json\.\w+$/.test(header)) continue
      const reader = new OctetReader(await this.sealer.open(header, record))
      if (!equalOctets(reader.octets(), parameters.uid)) continue
      const tokenInformation = readTokenInformation(parameters, reader.octets())
      const attributes = reader.list(limits.attributes, (list) => list.octets())
      if (expiryOf({ tokenInformation }) > this.clock().getTime()) {
        found.set(header, { header, tokenInformation, attributes, names: [] })
      }
    }
    for (const name of records.keys()) {
      const [, header = ''] = /^(json\.\w+)\.\d+$/.exec(name) ?? []
      found.get(header)?.names.push(name)
    }
    const batches = [...found.values()].filter(({ names }) => names.length > 0)
    return { records, batches: batches.sort((one, other) => expiryOf(one) - expiryOf(other)) }
  }
}

/** In milliseconds; of tokens that never expire, the last date that there is. */
const expiryOf = ({ tokenInformation: { expires } }: Pick<Batch, 'tokenInformation'>): number =>
  expires?.getTime() ?? 8.64e15
