import { randomId } from '../../../bindings/octets/random.js'
import { itemAt, known } from '../../../bindings/octets/lists.js'
import { limits, wipe, wipeAll } from '../../../bindings/octets/octets.js'
import { OctetReader, OctetWriter } from '../../../bindings/octets/octet-stream.js'
import type { IssuedToken } from '../../uprove/token/token.js'
import { decodeIssuedToken, encodeIssuedToken } from '../../uprove/token/token-codec.js'
import { WsTrustError } from '../errors.js'
import type { ProfileParameters } from '../artefacts/issuer-parameters.js'
import type { TokenClass } from '../syntax/names.js'
import type { HeldToken, TokenBatch, TokenContents } from '../artefacts/held-tokens.js'
import { decodeTokenInformation } from '../artefacts/token-information.js'
import { parseTokenClass } from '../syntax/values.js'
import { RecordSealer } from './wallet-key.js'
import type { WalletChanges, WalletStorage } from './wallet-storage.js'
import type { TokenPair, TokenQuery, Wallet } from './wallet.js'
import { decodeText, encodeText } from '../../../bindings/octets/text.js'

export interface SealedWalletOptions {
  readonly storage: WalletStorage
  /** Made by `createWalletKey()`, `walletKeyFromPassphrase()` or `walletKeyFromOctets()`. */
  readonly key: CryptoKey
  /** The Issuer parameters of the tokens. */
  readonly parameters: readonly ProfileParameters[]
  readonly clock?: () => Date
}

/** One batch: what its tokens share, and the names of their records. */
interface Batch {
  readonly id: string
  readonly contents: TokenContents
  readonly fresh: string[]
  readonly paired: string[]
}

interface View {
  readonly records: ReadonlyMap<string, Uint8Array>
  readonly batches: ReadonlyMap<string, Batch>
  /** The private keys of the tokens that were opened; wiped if these are not handed out. */
  readonly opened: Uint8Array[]
}

/** The record of a chosen token, and its batch. */
interface Chosen {
  readonly batch: Batch
  readonly name: string
}

interface Plan<T> {
  /** Undefined if nothing changes. */
  readonly changes: WalletChanges | undefined
  readonly result: T
}

/** The tokens of a Relying Party by class, or none and the classes that the wallet lacks. */
interface Associated {
  readonly tokens: Partial<Record<TokenClass, HeldToken>>
  readonly missing: readonly TokenClass[]
}

const MAX_ATTEMPTS = 100
const classes = ['claim', 'ID'] as const

/**
 * A wallet of encrypted records. Names of records: `batch.ID` for what the tokens of a batch share, `fresh.ID.NUMBER` and
 * `paired.ID.NUMBER` for tokens, `pair.CODE` for the pair of a Relying Party. The code does not reveal the party.
 *
 * An attacker who can write the storage can delete tokens and restore old states, but cannot read or make tokens.
 *
 * @example
 * ```ts
 * import { createEngine } from 'uprove-wasm'
 * import { L2048N256 } from 'uprove-wasm/params/L2048N256'
 * import {
 *   ClaimProvider, createIssuer, createWalletKey, MemoryWalletStorage, presentFromWallet, RelyingParty, SealedWallet,
 *   TokenClient,
 * } from 'uprove-wasm/ws-trust'
 *
 * const engine = await createEngine()
 * const issuer = createIssuer(engine.subgroup(L2048N256), {
 *   uidp: 'https://fabrikam.example/parameters/1',
 *   issuer: 'https://fabrikam.example',
 *   notBefore: new Date(Date.now() - 60_000),
 *   notOnOrAfter: new Date(Date.now() + 365 * 86_400_000),
 *   claimTypes: ['urn:example:role'],
 *   recommended: L2048N256,
 * })
 * const { parameters } = issuer
 * const provider = new ClaimProvider({ issuer, claims: () => ['member'] })
 * const exchange = new TokenClient({ parameters }).begin({ claim: 10, ID: 2 })
 * const second = exchange.respond(await provider.request({ id: 'alice' }, exchange.request))
 *
 * const wallet = await SealedWallet.open({
 *   storage: new MemoryWalletStorage(),
 *   key: await createWalletKey(),
 *   parameters: [parameters],
 * })
 * await wallet.add(exchange.finish(await provider.respond({ id: 'alice' }, second)))
 * const relyingParty = 'https://contoso.example'
 * const presentation = await presentFromWallet({ wallet, parameters, relyingParty, disclose: ['urn:example:role'] })
 * console.log(await wallet.count('claim', { uidp: parameters.uidp })) // 9
 * const party = new RelyingParty({ identifiers: [relyingParty], parameters: [parameters] })
 * console.log((await party.verify(presentation)).valid) // true
 * ```
 */
export class SealedWallet implements Wallet {
  readonly #contents = new Map<string, TokenContents>()

  private constructor(
    private readonly storage: WalletStorage,
    private readonly sealer: RecordSealer,
    private readonly parameters: readonly ProfileParameters[],
    private readonly clock: () => Date,
  ) {}

  /** Throws `WsTrustError` (`ws-trust/wallet-key`) if the storage was written with another key. */
  static async open(options: SealedWalletOptions): Promise<SealedWallet> {
    const { storage, key, parameters, clock = () => new Date() } = options
    const sealer = await RecordSealer.create(key)
    await sealer.check(await storage.load())
    const wallet = new SealedWallet(storage, sealer, parameters, clock)
    await wallet.#load()
    return wallet
  }

  async add(batches: readonly TokenBatch[]): Promise<void> {
    const add = new Map<string, Uint8Array>()
    for (const { tokens, ...contents } of batches) {
      // Also of a batch without tokens.
      this.#profile(contents.uidp)
      const id = randomId()
      const header = `batch.${id}`
      add.set(header, await this.sealer.seal(header, encodeContents(contents)))
      for (const [i, issued] of tokens.entries()) {
        const name = `fresh.${id}.${i}`
        add.set(name, await this.#seal(name, contents.uidp, issued))
      }
    }
    if (!(await this.storage.commit({ remove: [], add }))) throw new WsTrustError('ws-trust/wallet-busy')
  }

  async count(tokenClass: TokenClass, query: TokenQuery): Promise<number> {
    const view = await this.#load()
    return this.#usable(view, tokenClass, query).reduce((sum, { fresh }) => sum + fresh.length, 0)
  }

  takeClaimToken(query: TokenQuery): Promise<HeldToken | undefined> {
    return this.#attempt<HeldToken | undefined>(async (view) => {
      const chosen = this.#choose(view, 'claim', query)
      if (chosen === undefined) return { changes: undefined, result: undefined }
      const token = await this.#open(view, chosen)
      const { batch, name } = chosen
      const isLast = batch.fresh.length + batch.paired.length === 1
      const remove = isLast ? [name, `batch.${batch.id}`] : [name]
      return { changes: { remove, add: new Map() }, result: token }
    })
  }

  async pairFor(
    relyingParty: string,
    query: TokenQuery,
  ): Promise<TokenPair | { readonly missing: readonly TokenClass[] }> {
    const { tokens, missing } = await this.#associated(relyingParty, query, classes)
    return missing.length > 0 ? { missing } : { claim: known(tokens.claim), ID: known(tokens.ID) }
  }

  async idTokenFor(relyingParty: string, query: TokenQuery): Promise<HeldToken | undefined> {
    return (await this.#associated(relyingParty, query, ['ID'])).tokens.ID
  }

  /** The tokens of some classes that belong to a Relying Party; fresh ones become its own. All classes or none. */
  async #associated(relyingParty: string, query: TokenQuery, wanted: readonly TokenClass[]): Promise<Associated> {
    const pairName = `pair.${await this.sealer.nameOf(relyingParty, query.uidp)}`
    return this.#attempt<Associated>(async (view) => {
      const names = { claim: '', ID: '', ...(await this.#readPair(view, pairName)) }
      const found = new Map<TokenClass, Chosen>()
      for (const tokenClass of wanted) {
        const name = names[tokenClass]
        const kept = this.#usable(view, tokenClass, query).find(({ paired }) => paired.includes(name))
        const chosen = kept === undefined ? this.#choose(view, tokenClass, query) : { batch: kept, name }
        if (chosen !== undefined) found.set(tokenClass, chosen)
      }
      const missing = wanted.filter((tokenClass) => !found.has(tokenClass))
      if (missing.length > 0) return { changes: undefined, result: { tokens: {}, missing } }
      const tokens: Partial<Record<TokenClass, HeldToken>> = {}
      const remove = view.records.has(pairName) ? [pairName] : []
      const add = new Map<string, Uint8Array>()
      for (const [tokenClass, chosen] of found) {
        const token = await this.#open(view, chosen)
        tokens[tokenClass] = token
        const old = names[tokenClass]
        if (chosen.name === old) continue
        if (view.records.has(old)) remove.push(old)
        const name = chosen.name.replace('fresh', 'paired')
        remove.push(chosen.name)
        add.set(name, await this.#seal(name, query.uidp, token.issued))
        names[tokenClass] = name
      }
      if (add.size === 0) return { changes: undefined, result: { tokens, missing } }
      add.set(pairName, await this.sealer.seal(pairName, encodePair(names.claim, names.ID)))
      return { changes: { remove, add }, result: { tokens, missing } }
    })
  }

  dropExpired(): Promise<number> {
    return this.#attempt((view) => {
      const remove: string[][] = []
      let count = 0
      for (const { id, contents, fresh, paired } of view.batches.values()) {
        const tokens = [...fresh, ...paired]
        if (!this.#hasExpired(contents) && tokens.length > 0) continue
        remove.push([`batch.${id}`], tokens)
        count += tokens.length
      }
      return Promise.resolve({ changes: { remove: remove.flat(), add: new Map<string, Uint8Array>() }, result: count })
    })
  }

  /** Plans changes on the current records and commits them; tries again if another process was faster. */
  async #attempt<T>(plan: (view: View) => Promise<Plan<T>>): Promise<T> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const view = await this.#load()
      let isDone = false
      try {
        const { changes, result } = await plan(view)
        isDone = changes === undefined || (await this.storage.commit(changes))
        if (isDone) return result
      } finally {
        if (!isDone) wipeAll(view.opened)
      }
    }
    throw new WsTrustError('ws-trust/wallet-busy')
  }

  async #load(): Promise<View> {
    const records = await this.storage.load()
    const batches = new Map<string, Batch>()
    for (const name of records.keys()) {
      const [kind, id = ''] = name.split('.')
      if (kind !== 'batch') continue
      let contents = this.#contents.get(id)
      if (contents === undefined) {
        contents = decodeContents(await this.sealer.open(name, known(records.get(name))))
        this.#contents.set(id, contents)
      }
      batches.set(id, { id, contents, fresh: [], paired: [] })
    }
    for (const name of records.keys()) {
      const [kind, id = ''] = name.split('.')
      if (kind === 'fresh') batches.get(id)?.fresh.push(name)
      if (kind === 'paired') batches.get(id)?.paired.push(name)
    }
    return { records, batches, opened: [] }
  }

  /** The batches of a class that fit a query, in the order of their expiry. */
  #usable({ batches }: View, tokenClass: TokenClass, { uidp, where = () => true }: TokenQuery): Batch[] {
    return [...batches.values()]
      .filter(({ contents }) => contents.tokenClass === tokenClass && contents.uidp === uidp)
      .filter(({ contents }) => !this.#hasExpired(contents) && where(contents))
      .sort((a, b) => expiryOf(a) - expiryOf(b))
  }

  #choose(view: View, tokenClass: TokenClass, query: TokenQuery): Chosen | undefined {
    const batch = this.#usable(view, tokenClass, query).find(({ fresh }) => fresh.length > 0)
    return batch && { batch, name: itemAt(batch.fresh, 0) }
  }

  #hasExpired({ uidp, tokenInformation }: TokenContents): boolean {
    const now = this.clock()
    const profile = this.parameters.find((candidate) => candidate.uidp === uidp)
    return tokenInformation.notOnOrAfter <= now || (profile !== undefined && profile.specification.notOnOrAfter <= now)
  }

  async #open({ records, opened }: View, { batch, name }: Chosen): Promise<HeldToken> {
    const { parameters } = this.#profile(batch.contents.uidp)
    const octets = await this.sealer.open(name, known(records.get(name)))
    try {
      const issued = decodeIssuedToken(parameters, octets)
      opened.push(issued.privateKey)
      return { ...batch.contents, issued }
    } finally {
      wipe(octets)
    }
  }

  async #seal(name: string, uidp: string, issued: IssuedToken): Promise<Uint8Array> {
    const octets = encodeIssuedToken(this.#profile(uidp).parameters, issued)
    try {
      return await this.sealer.seal(name, octets)
    } finally {
      wipe(octets)
    }
  }

  async #readPair({ records }: View, name: string): Promise<Record<TokenClass, string> | undefined> {
    const record = records.get(name)
    if (record === undefined) return undefined
    const reader = new OctetReader(await this.sealer.open(name, record))
    const [claim, ID] = [readText(reader), readText(reader)]
    reader.end()
    return { claim, ID }
  }

  #profile(uidp: string): ProfileParameters {
    const profile = this.parameters.find((candidate) => candidate.uidp === uidp)
    if (profile === undefined) throw new WsTrustError('ws-trust/other-parameters')
    return profile
  }
}

function expiryOf({ contents }: Batch): number {
  return contents.tokenInformation.notOnOrAfter.getTime()
}

const utf8 = (text: string): Uint8Array => encodeText(text)
const readText = (reader: OctetReader): string => decodeText(reader.octets())

/** The names of the records of the two tokens; empty for a class that the Relying Party has no token of. */
function encodePair(claim: string, ID: string): Uint8Array<ArrayBuffer> {
  return new OctetWriter().octets(utf8(claim)).octets(utf8(ID)).finish()
}

function encodeContents({ tokenClass, uidp, tokenInformation, attributes }: TokenContents): Uint8Array<ArrayBuffer> {
  return new OctetWriter()
    .octets(utf8(tokenClass))
    .octets(utf8(uidp))
    .octets(tokenInformation.octets)
    .list(attributes, (list, value) => list.nullable(value === null ? null : utf8(value)))
    .finish()
}

function decodeContents(octets: Uint8Array): TokenContents {
  const reader = new OctetReader(octets)
  const contents = {
    tokenClass: parseTokenClass(readText(reader)),
    uidp: readText(reader),
    tokenInformation: decodeTokenInformation(reader.octets()),
    attributes: reader.list(limits.attributes, (list) => {
      const value = list.nullable()
      return value === null ? null : decodeText(value)
    }),
  }
  reader.end()
  return contents
}
