// The wallet itself, in a worker: keys, tokens and arithmetic stay off the page's thread. The page calls the functions below.
import { createEngine, type Engine } from 'uprove-wasm'
import { L2048N256 } from 'uprove-wasm/params/L2048N256'
import {
  canonicalize,
  ClaimProvider,
  createIssuer,
  createPresentationToken,
  createWalletKey,
  type FirstResponse,
  IndexedDbWalletStorage,
  MemoryWalletStorage,
  parseXml,
  type PresentationDevice,
  presentFromWallet,
  type ProfileParameters,
  readIssuerParameters,
  readMessage,
  SealedWallet,
  TokenClient,
  type TokenContents,
  type TokenQuery,
  walletKeyFromOctets,
  WsTrustError,
  type XmlElement,
} from 'uprove-wasm/ws-trust'
import { decode, encode } from '../shared/base64.js'
import { answering, Failure, report } from '../shared/calls.js'
import { contribution, isThere, secondDevice } from './second-device.js'
import * as settings from './settings.js'
import {
  derive,
  keyOfPassphrase,
  type LockKind,
  makeLock,
  open,
  openLocks,
  type Opener,
  random,
  seal,
} from './vault.js'

/** What a Relying Party asks for. */
export interface Request {
  readonly party: string
  readonly name: string
  readonly uidp: string
  readonly message: string
  readonly purpose: Record<string, string>
  readonly kept: Record<string, string>
  readonly claims: readonly {
    readonly type: string
    readonly required: boolean
    readonly why: Record<string, string>
  }[]
  readonly recognise?: { readonly required: boolean; readonly why: Record<string, string> }
}

/** One visit, as the history has it. It is prepared first, which takes the token, and sent if the person still wants to. */
export interface Shown {
  /** Missing in histories of earlier wallets, which noted what was sent. */
  readonly isSent?: boolean
  readonly party: string
  readonly name: string
  readonly when: string
  readonly claims: readonly string[]
  readonly recognised: boolean
}

export interface View {
  readonly isLocked: boolean
  readonly locks: readonly LockKind[]
  /** What the passkey is asked with. */
  readonly passkey?: { readonly salt: Uint8Array<ArrayBuffer>; readonly credential: Uint8Array<ArrayBuffer> }
  /** Tokens that nobody has seen; and how many claim tokens of those need the second device. */
  readonly tokens: { readonly claim: number; readonly ID: number; readonly bound: number }
  readonly claims: readonly { readonly type: string; readonly value: string | null }[]
  readonly expires?: string
  readonly memberExpires?: string
  readonly uidp?: string
  readonly history: readonly Shown[]
  readonly canRefill: boolean
  readonly hasDevice: boolean
}

interface Notes {
  grant?: string
  /** What the Claim Provider certified of the person whose wallet this is. */
  facts?: Facts
  history: readonly Shown[]
  hasDevice: boolean
  /** Whether there may be tokens that need the second device. */
  wasBound?: boolean
}

type Facts = readonly (string | null)[]

interface Session {
  readonly walletKey: Uint8Array<ArrayBuffer>
  readonly notesKey: CryptoKey
  readonly notes: Notes
}

/** How many tokens a full wallet has. */
const full = { claim: 10, ID: 3 }
const claimsOrigin = location.origin.replace('//wallet.', '//claims.')

let engine: Promise<Engine> | undefined
let storage: Promise<IndexedDbWalletStorage> | undefined
let session: Session | undefined
/** Of the Claim Provider whose tokens are here. */
let parameters: ProfileParameters | undefined
let wallet: SealedWallet | undefined
/** Somebody who has logged in, but whose wallet this is not, or whose facts have changed. */
let newcomer: { readonly grant?: string; readonly facts: Facts } | undefined
/** The records that a file has which was made to move out. */
let leaving: readonly string[] = []

const arithmetic = (): Promise<Engine> => (engine ??= createEngine())
const records = (): Promise<IndexedDbWalletStorage> => (storage ??= IndexedDbWalletStorage.open('wallet'))

function opened(): Session {
  if (session === undefined) throw new Failure('locked')
  return session
}

async function useKey(walletKey: Uint8Array<ArrayBuffer>): Promise<void> {
  const notesKey = await derive(walletKey, 'wallet notes')
  const sealed = await settings.read('notes')
  const notes: Notes =
    sealed === undefined
      ? { history: [], hasDevice: false }
      : JSON.parse(new TextDecoder().decode(await open(notesKey, 'notes', sealed)))
  session = { walletKey, notesKey, notes }
  await openWallet()
}

/** Opens the tokens, if there are parameters of a Claim Provider: they are checked here, long before somebody waits for a proof. */
async function openWallet(): Promise<void> {
  const published = await settings.read('parameters')
  if (published === undefined) return
  parameters = readIssuerParameters(published, { engine: await arithmetic(), sets: [L2048N256] })
  const key = await walletKeyFromOctets(opened().walletKey)
  wallet = await SealedWallet.open({ storage: await records(), key, parameters: [parameters] })
  await wallet.dropExpired()
}

async function keepNotes(changes: Partial<Notes>): Promise<void> {
  const { notes, notesKey } = opened()
  Object.assign(notes, changes)
  const octets = new TextEncoder().encode(JSON.stringify(notes))
  await settings.write('notes', await seal(notesKey, 'notes', octets))
}

async function view(): Promise<View> {
  const locks = (await settings.read('locks')) ?? []
  const passkey = locks.find(({ kind }) => kind === 'passkey')
  const { notes } = session ?? {}
  const tokens = { claim: 0, ID: 0, bound: 0 }
  const first: Partial<Record<TokenContents['tokenClass'], TokenContents>> = {}
  if (session !== undefined && wallet !== undefined && parameters !== undefined) {
    const { uidp } = parameters
    const where = (contents: TokenContents): boolean => {
      first[contents.tokenClass] ??= contents
      return true
    }
    tokens.claim = await wallet.count('claim', { uidp, where })
    tokens.ID = await wallet.count('ID', { uidp, where })
    tokens.bound = await wallet.count('claim', { uidp, where: isBound })
  }
  const types = parameters?.specification.claimTypes ?? []
  return {
    isLocked: session === undefined,
    locks: locks.map(({ kind }) => kind),
    passkey: passkey?.salt && passkey.credential && { salt: passkey.salt, credential: passkey.credential },
    tokens,
    claims: first.claim ? types.map((type, i) => ({ type, value: first.claim?.attributes[i] ?? null })) : [],
    expires: first.claim?.tokenInformation.notOnOrAfter.toISOString(),
    memberExpires: first.ID?.tokenInformation.notOnOrAfter.toISOString(),
    uidp: session && parameters?.uidp,
    history: notes?.history ?? [],
    canRefill: notes?.grant !== undefined,
    hasDevice: notes?.hasDevice ?? false,
  }
}

/** Calls the Claim Provider. No cookie goes along: the log-in there belongs to the person, not to the wallet. */
async function callProvider(path: string, body?: string, { grant }: Partial<Notes> = opened().notes): Promise<string> {
  const headers: Record<string, string> = grant === undefined ? {} : { authorization: `Bearer ${grant}` }
  const method = body === undefined ? 'GET' : 'POST'
  const response = await fetch(`${claimsOrigin}${path}`, { method, body, headers, credentials: 'omit' }).catch(() => {
    throw new Failure('down')
  })
  if (response.status === 401) throw new Failure('grant')
  if (response.status === 503) throw new Failure('down')
  if (!response.ok) throw new Failure('refused')
  return response.text()
}

const differ = (one: Facts | undefined, other: Facts): boolean =>
  one !== undefined && !other.every((value, i) => value === one[i])

/** What was certified of the person whose wallet this is. Earlier wallets did not note it, but their tokens say it. */
async function ownFacts(): Promise<Facts | undefined> {
  const { claims } = await view()
  return opened().notes.facts ?? (claims.length > 0 ? claims.map(({ value }) => value) : undefined)
}

/**
 * Fills the wallet up; or exchanges what does not need the second device yet; or replaces everything, for another person. No token
 * that is good is removed before the new ones are there. Throws `Failure` (`other-person`) if the facts are not those of the tokens here.
 */
async function obtain(how: 'fill' | 'exchange' | 'replace' = 'fill'): Promise<void> {
  report('parameters')
  const published = new TextEncoder().encode(await callProvider('/parameters'))
  // A real wallet ships with the Claim Provider's parameters, or checks who signed them.
  const found = readIssuerParameters(published, { engine: await arithmetic(), sets: [L2048N256] })
  if (found.uidp !== parameters?.uidp) {
    // Tokens of another key are good nowhere any more.
    await removeRecords()
    await settings.write('parameters', published)
    await openWallet()
  }
  if (wallet === undefined || parameters === undefined) throw new Failure('refused')
  const { hasDevice, grant } = opened().notes
  const facts = await ownFacts()
  const device = hasDevice ? { contribution: await contribution(parameters.parameters) } : undefined
  const { tokens } = await view()
  const kept = { fill: tokens, exchange: { claim: tokens.bound, ID: tokens.ID }, replace: { claim: 0, ID: 0 } }[how]
  const wanted = { claim: Math.max(0, full.claim - kept.claim), ID: Math.max(0, full.ID - kept.ID), device }
  if (wanted.claim + wanted.ID === 0) return
  const review = ({ instances }: FirstResponse): boolean => {
    const changed = instances.find(({ attributes }) => attributes !== undefined && differ(facts, attributes))
    if (changed?.attributes !== undefined) newcomer = { grant, facts: changed.attributes }
    return changed === undefined
  }
  report('exchange')
  await callProvider('/device', device === undefined ? '' : encode(device.contribution.hd))
  // A token that expires on an unusual day could be recognised by it.
  const client = new TokenClient({ parameters, granularity: 'month' })
  const transport = (message: XmlElement): Promise<string> =>
    callProvider('/tokens', new TextDecoder().decode(canonicalize(message)))
  const batches = await client.obtain({ ...wanted, review }, transport).catch((error: unknown) => {
    throw error instanceof WsTrustError && error.code === 'ws-trust/declined' ? new Failure('other-person') : error
  })
  report('store')
  const before = await recordNames()
  await wallet.add(batches)
  if (how === 'replace') await removeRecords(before)
  const unbound: TokenQuery = { uidp: parameters.uidp, where: (contents) => !isBound(contents) }
  while (how === 'exchange' && (await wallet.takeClaimToken(unbound)) !== undefined);
}

const recordNames = async (): Promise<string[]> => [...(await (await records()).load()).keys()]

async function removeRecords(names?: readonly string[]): Promise<void> {
  const place = await records()
  names ??= await recordNames()
  if (!(await place.commit({ remove: names, add: new Map() }))) throw new Failure('ws-trust/wallet-busy')
}

/** What proofs are made with: the person's own tokens, or, to warm up, some that are good for nothing. */
interface Source {
  readonly wallet: SealedWallet
  readonly parameters: ProfileParameters
  readonly device?: PresentationDevice
}

const isBound = ({ tokenInformation }: TokenContents): boolean => tokenInformation.deviceGenerator !== undefined

/** Which tokens can answer: those that have the claims and, without the second device, are not bound to it. */
function fitting(
  { parameters, device }: Pick<Source, 'parameters' | 'device'>,
  disclose: readonly string[],
): TokenQuery {
  const { uidp, specification } = parameters
  const says = ({ tokenClass, attributes }: TokenContents): boolean =>
    tokenClass === 'ID' ||
    specification.claimTypes.every((type, i) => !disclose.includes(type) || attributes[i] !== null)
  return { uidp, where: (contents) => says(contents) && (device !== undefined || !isBound(contents)) }
}

/** The wallet with its second device, if some tokens may need it. A token is taken only after this. */
async function ownSource({ party, name }: Request, disclose: readonly string[], recognise: boolean): Promise<Source> {
  if (wallet === undefined || parameters === undefined) throw new Failure('ws-trust/no-token')
  const own = { wallet, parameters }
  if (opened().notes.wasBound !== true) return own
  if (await isThere()) {
    const claims = (await view()).claims.filter(({ type }) => disclose.includes(type))
    return { ...own, device: secondDevice({ id: crypto.randomUUID(), name, party, claims, recognise }) }
  }
  const unbound = await wallet.count('claim', fitting(own, disclose))
  if (recognise || unbound === 0) throw new Failure('device-missing')
  return own
}

/** The answer to a request: a presentation, as text. Each token is deleted before it is shown. */
async function present(
  source: Source,
  { party: relyingParty, message: asked }: Request,
  disclose: readonly string[],
  recognise: boolean,
): Promise<string> {
  const { wallet, parameters, device } = source
  const message = readMessage(parseXml(asked))
  const query = fitting(source, disclose)
  // Who is recognised but discloses nothing needs no claim token.
  if (recognise && disclose.length === 0) {
    const token = await wallet.idTokenFor(relyingParty, query)
    if (token === undefined) throw new Failure('ws-trust/no-token')
    const tokens = [{ token, parameters }]
    return textOf(await createPresentationToken({ relyingParty, message, tokens, device }))
  }
  const options = { wallet, parameters, relyingParty, message, disclose, where: query.where, device }
  return textOf(await presentFromWallet({ ...options, persistentIdentifier: recognise }))
}

/**
 * Answers a request some times with tokens that are good for nothing, while the person reads it: the browser compiles the code, and
 * the engine makes its tables. Nothing of it leaves the worker. The proof that the person waits for is then quick, on a slow phone too.
 */
async function warmUp(request: Request): Promise<void> {
  const group = (await arithmetic()).subgroup(L2048N256)
  const claimTypes = request.claims.map(({ type }) => type)
  const issuer = createIssuer(group, {
    uidp: 'urn:warm-up',
    issuer: 'urn:warm-up',
    notBefore: new Date(Date.now() - 60_000),
    notOnOrAfter: new Date(Date.now() + 400 * 86_400_000),
    claimTypes,
    recommended: L2048N256,
  })
  const provider = new ClaimProvider({ issuer, claims: () => claimTypes })
  const user = { id: 'nobody' }
  const transport = (message: XmlElement): Promise<XmlElement> =>
    message.localName === 'RequestSecurityToken' ? provider.request(user, message) : provider.respond(user, message)
  const { parameters } = issuer
  const key = await createWalletKey()
  const wallet = await SealedWallet.open({ storage: new MemoryWalletStorage(), key, parameters: [parameters] })
  // The engine makes a table when it needs a number for the third time.
  const rounds = 3
  await wallet.add(await new TokenClient({ parameters }).obtain({ claim: rounds, ID: 0 }, transport))
  for (let round = 0; round < rounds; round++) await present({ wallet, parameters }, request, claimTypes, false)
}

const textOf = (element: XmlElement): string => new TextDecoder().decode(canonicalize(element))

/** A whole wallet, moved in a file. */
interface Moved {
  readonly walletKey: string
  readonly notes: Notes
  readonly parameters: string
  readonly records: readonly (readonly [string, string])[]
}
const fileLabel = new TextEncoder().encode('wallet file 1\n')

const functions = {
  /** Makes a wallet at the first visit, and opens one that has no lock. */
  async start(): Promise<View> {
    let locks = await settings.read('locks')
    if (locks === undefined) {
      const walletKey = random(32)
      locks = [await makeLock(walletKey, 'browser', {})]
      await settings.write('locks', locks)
    }
    const walletKey = await openLocks(locks, {})
    if (walletKey !== undefined) await useKey(walletKey)
    return view()
  },

  view,

  warmUp,

  async unlock(opener: Opener): Promise<View> {
    const walletKey = await openLocks((await settings.read('locks')) ?? [], opener)
    if (walletKey === undefined) throw new Failure('wrong-key')
    await useKey(walletKey)
    return view()
  },

  async lock(): Promise<View> {
    session?.walletKey.fill(0)
    session = wallet = undefined
    return view()
  },

  /** Puts another lock on the wallet: a passphrase instead of what there was, a passkey beside a passphrase, or none. */
  async setLock(
    options: { kind: LockKind } & Opener & { salt?: Uint8Array<ArrayBuffer>; credential?: Uint8Array<ArrayBuffer> },
  ): Promise<View> {
    const { kind, ...opener } = options
    const lock = await makeLock(opened().walletKey, kind, opener)
    const kept =
      kind === 'passkey' ? ((await settings.read('locks')) ?? []).filter((other) => other.kind === 'passphrase') : []
    await settings.write('locks', [...kept, lock])
    return view()
  },

  /** Fetches the first tokens, with the code that the log-in gave. Throws `Failure` (`other-person`), and changes nothing then. */
  async obtain({ code }: { code: string }): Promise<View> {
    report('log')
    const { grant, facts } = JSON.parse(await callProvider('/grant', code, {})) as { grant: string; facts: Facts }
    if (differ(await ownFacts(), facts)) {
      newcomer = { grant, facts }
      throw new Failure('other-person')
    }
    await keepNotes({ grant, facts })
    await obtain()
    return view()
  },

  /** Gives the wallet to the newcomer: what was in it is deleted. */
  async replace(): Promise<View> {
    const { grant, facts } = opened().notes
    await keepNotes(newcomer ?? {})
    await obtain('replace').catch(async (error: unknown) => {
      await keepNotes({ grant, facts })
      throw error
    })
    await keepNotes({ history: [] })
    newcomer = undefined
    return view()
  },

  async refill(how?: 'exchange'): Promise<View> {
    await obtain(how)
    return view()
  },

  async bindDevice({ bind }: { bind: boolean }): Promise<View> {
    if (bind && !(await isThere())) throw new Failure('device-missing')
    await keepNotes(bind ? { hasDevice: true, wasBound: true } : { hasDevice: false })
    return view()
  },

  async present({
    request,
    disclose,
    recognise,
  }: {
    request: Request
    disclose: readonly string[]
    recognise: boolean
  }) {
    const before = performance.now()
    const source = await ownSource(request, disclose, recognise)
    const answer = await present(source, request, disclose, recognise)
    // How long a person takes with the second device says nothing of the proof.
    const milliseconds = source.device === undefined ? performance.now() - before : undefined
    const { party, name } = request
    const when = new Date().toISOString()
    const shown: Shown = { party, name, when, claims: disclose, recognised: recognise, isSent: false }
    await keepNotes({ history: [shown, ...opened().notes.history].slice(0, 200) })
    return { answer, milliseconds, when }
  },

  /** Notes that what was prepared is sent. */
  async send({ when }: { when: string }): Promise<void> {
    const history = opened().notes.history.map((shown) => (shown.when === when ? { ...shown, isSent: true } : shown))
    await keepNotes({ history })
  },

  /** Everything in an encrypted file. It stays here until the file is in safety: `finishMoveOut()` removes it. */
  async moveOut({ passphrase }: { passphrase: string }): Promise<Uint8Array<ArrayBuffer>> {
    const { walletKey, notes } = opened()
    const all = await (await records()).load()
    const moved: Moved = {
      walletKey: encode(walletKey),
      notes,
      parameters: encode((await settings.read('parameters')) ?? new Uint8Array()),
      records: [...all].map(([name, record]) => [name, encode(record)]),
    }
    const salt = random(32)
    const key = await keyOfPassphrase(passphrase, salt)
    const sealed = await seal(key, 'wallet file', new TextEncoder().encode(JSON.stringify(moved)))
    leaving = [...all.keys()]
    return new Uint8Array(await new Blob([fileLabel, salt, sealed as Uint8Array<ArrayBuffer>]).arrayBuffer())
  },

  /** Removes what is in the file: a token that is in two places could be shown twice. Throws `Failure` (`changed`). */
  async finishMoveOut(): Promise<View> {
    const place = await records()
    const names = new Set((await place.load()).keys())
    const isSame = names.size === leaving.length && leaving.every((name) => names.has(name))
    if (!isSame || !(await place.commit({ remove: leaving, add: new Map() }))) throw new Failure('changed')
    leaving = []
    await keepNotes({ history: [], grant: undefined, facts: undefined })
    return view()
  },

  /** Takes in a moved wallet; this one must be empty. The locks of this device stay, around the key from the file. */
  async moveIn({ file, passphrase, opener }: { file: Uint8Array; passphrase: string; opener: Opener }): Promise<View> {
    const place = await records()
    if ((await place.load()).size > 0) throw new Failure('not-empty')
    const label = file.slice(0, fileLabel.length)
    if (!fileLabel.every((octet, i) => octet === label[i])) throw new Failure('no-wallet')
    const salt = file.slice(fileLabel.length, fileLabel.length + 32)
    const key = await keyOfPassphrase(passphrase, salt)
    const content = await open(key, 'wallet file', file.slice(fileLabel.length + 32))
    const moved = JSON.parse(new TextDecoder().decode(content)) as Moved
    const walletKey = decode(moved.walletKey)
    // A wallet without a lock stays so; any other is locked by the passphrase of the file from now on.
    const locks = (await settings.read('locks')) ?? []
    const kind = locks.some((lock) => lock.kind === 'browser') ? 'browser' : 'passphrase'
    await settings.write('locks', [await makeLock(walletKey, kind, { passphrase, ...opener })])
    await settings.write('parameters', decode(moved.parameters))
    const add = new Map(moved.records.map(([name, record]) => [name, decode(record)]))
    if (!(await place.commit({ remove: [], add }))) throw new Failure('ws-trust/wallet-busy')
    session = { walletKey, notesKey: await derive(walletKey, 'wallet notes'), notes: moved.notes }
    await keepNotes({})
    await openWallet()
    return view()
  },

  async deleteAll(): Promise<View> {
    await removeRecords()
    await settings.removeAll()
    session?.walletKey.fill(0)
    session = wallet = parameters = undefined
    return functions.start()
  },
}

export type WalletFunctions = typeof functions

// The engine is compiled while the page is drawn.
void arithmetic()
answering(functions)
