import type { Engine } from '../../../../bindings/engine/engine.js'
import { itemAt } from '../../../../bindings/octets/lists.js'
import { L2048N256 } from '../../../params/index.js'
import {
  createIssuer,
  loadIssuerParameters,
  readIssuerParameters,
} from '../../../ws-trust/artefacts/issuer-parameters.js'
import type { ProfileIssuer, ProfileParameters } from '../../../ws-trust/artefacts/issuer-parameters.js'
import { verifyDeviceParameters } from '../../../ws-trust/artefacts/device-parameters.js'
import { createMessage } from '../../../ws-trust/artefacts/presentation-message.js'
import { ClaimProvider } from '../../../ws-trust/issuance/claim-provider.js'
import { TokenClient, type TokenExchange } from '../../../ws-trust/issuance/token-client.js'
import { RelyingParty, type PresentationPolicy } from '../../../ws-trust/presentation/relying-party.js'
import { certificateTrust, type SignerTrust } from '../../../ws-trust/trust/signer.js'
import { canonicalize } from '../../../xml/canonicalize.js'
import { parseXml } from '../../../xml/parse.js'
import { UsageError } from '../../errors.js'
import { octetsOf, textOf, textsOf, type Entry, type RefusalsDocument, type Step, type Tree } from './entry.js'

/**
 * The document of an entry: its octets, its text, or a document of the file (`base`) with edits, each of which replaces what stands there
 * exactly once. Throws `UsageError`.
 */
export function inputOf(entry: Tree, { bases }: RefusalsDocument): Uint8Array | string {
  if (entry['octets'] !== undefined) return octetsOf(entry['octets'])
  if (entry['text'] !== undefined) return textOf(entry['text'])
  return edited(textOf((bases as Tree)[textOf(entry['base'])]), entry['edits'])
}

function edited(base: string, edits: unknown): string {
  let text = base
  for (const edit of (edits ?? []) as unknown[]) {
    const [find = '', put = ''] = textsOf(edit)
    const parts = text.split(find)
    if (parts.length !== 2) throw new UsageError(`${JSON.stringify(find)} is there ${String(parts.length - 1)} times`)
    text = parts.join(put)
  }
  return text
}

/** The clock that an entry sets, or its file. */
const clockOf = (entry: Entry, document: RefusalsDocument) => () => new Date(textOf(entry['at'] ?? document['at']))

/** Draws that are the same each time, so that a Context is known in advance. */
const random = { fill: (octets: Uint8Array) => void octets.fill(0x11) }
const alice = { id: 'alice' }

/** The steps that need an engine; what they made is freed by `dispose`. */
export function xmlSteps(engine: Engine): { readonly steps: Readonly<Record<string, Step>>; dispose(): void } {
  const parties = new Parties(engine)
  const steps: Record<string, Step> = {
    document: (entry, document) => void parseXml(inputOf(entry, document)),
    'issuer-parameters': async (entry, document) => {
      const { parameters } = await loadIssuerParameters(inputOf(entry, document), {
        ...{ engine, sets: [L2048N256], trust: trustOf(entry, document) },
      })
      parameters.group.dispose()
      return undefined
    },
    'device-parameters': async (entry, document) => {
      await verifyDeviceParameters(inputOf(entry, document), trustOf(entry, document))
      return undefined
    },
    presentation: (entry, document) => parties.present(entry, document),
    'token-request': async (entry, document) => {
      await parties.provider(document, clockOf(entry, document)).request(alice, inputOf(entry, document))
      return undefined
    },
    'first-response': (entry, document) =>
      parties.withExchange(entry, document, (exchange) => exchange.respond(inputOf(entry, document))),
    'second-response': async (entry, document) => {
      const at = { now: clockOf(entry, document)() }
      const provider = parties.provider(document, () => at.now)
      await provider.request(alice, textOf((document['bases'] as Tree)['token-request']))
      // What came before it.
      for (const earlier of (entry['before'] ?? []) as Tree[]) await provider.respond(alice, inputOf(earlier, document))
      if (entry['later'] !== undefined) at.now = new Date(textOf(entry['later']))
      await provider.respond({ id: textOf(entry['account'] ?? alice.id) }, inputOf(entry, document))
      return undefined
    },
    'third-response': (entry, document) => parties.finish(entry, document),
  }
  return { steps, dispose: () => parties.dispose() }
}

function trustOf(entry: Entry, document: RefusalsDocument): SignerTrust {
  const anchors = textsOf(entry['anchors'] ?? document['anchors']).map(octetsOf)
  return certificateTrust({ anchors, clock: clockOf(entry, document) })
}

/** Parties of the profile, made once for a file. */
class Parties {
  #parameters: ProfileParameters | undefined
  #issuer: ProfileIssuer | undefined

  constructor(private readonly engine: Engine) {}

  /** The Issuer parameters under which the presentations of a file were made. */
  #known({ bases }: RefusalsDocument): ProfileParameters {
    const text = textOf((bases as Tree)['parameters'])
    return (this.#parameters ??= readIssuerParameters(text, { engine: this.engine, sets: [L2048N256] }))
  }

  /** An Issuer of these parameters' names and dates, with a key of its own. */
  #own(document: RefusalsDocument): ProfileIssuer {
    const { uidp, specification } = this.#known(document)
    return (this.#issuer ??= createIssuer(this.engine.subgroup(L2048N256), {
      ...specification,
      uidp,
      recommended: L2048N256,
      allowVariableTime: true,
    }))
  }

  /** A Relying Party that is given what came before, and then the presentation of the entry. */
  async present(entry: Entry, document: RefusalsDocument): Promise<string | undefined> {
    const at = { now: clockOf(entry, document)() }
    const party = new RelyingParty({
      identifiers: ['https://rp.example'],
      parameters: [this.#known(document)],
      policy: entry['policy'] as PresentationPolicy | undefined,
      clock: () => at.now,
    })
    const message = entry['message'] as { nonce: string; signedData?: string } | undefined
    if (message !== undefined) {
      const { nonce, signedData } = message
      const verdict = await party.audit(inputOf(entry, document), {
        receivedAt: at.now,
        message: createMessage(nonce, signedData),
      })
      return verdict.valid ? undefined : verdict.code
    }
    for (const earlier of (entry['before'] ?? []) as Tree[]) {
      const before = await party.verify(inputOf(earlier, document))
      if (!before.valid) throw new UsageError(`${entry.id}: what came before is refused (${before.code})`)
    }
    if (entry['later'] !== undefined) at.now = new Date(textOf(entry['later']))
    const verdict = await party.verify(inputOf(entry, document))
    return verdict.valid ? undefined : verdict.code
  }

  provider(document: RefusalsDocument, clock: () => Date): ClaimProvider {
    const claims = (): string[] => ['alice@example.com', 'Alice', 'member']
    return new ClaimProvider({ issuer: this.#own(document), claims, clock })
  }

  /** Uses an exchange that has begun, for a claim token and an ID token. */
  withExchange(entry: Entry, document: RefusalsDocument, use: (exchange: TokenExchange) => unknown): undefined {
    const { parameters } = this.#own(document)
    const client = new TokenClient({ parameters, random, clock: clockOf(entry, document), allowVariableTime: true })
    const exchange = client.begin({ claim: 1, ID: 1 })
    try {
      use(exchange)
    } finally {
      exchange.dispose()
    }
  }

  /**
   * A whole run, in whose third response the edits of the entry are made. In them `{first}`, `{second}` and `{context}` stand for the
   * numbers and the Context of the run, `{other first}` and so on for those of another one.
   */
  async finish(entry: Entry, document: RefusalsDocument): Promise<undefined> {
    const clock = clockOf(entry, document)
    const provider = this.provider(document, clock)
    const { parameters } = this.#own(document)
    const client = new TokenClient({ parameters, clock, allowVariableTime: true })
    const edits = ((entry['edits'] ?? []) as unknown[]).map(textsOf)
    const exchanges: TokenExchange[] = []
    const run = async (): Promise<string> => {
      const exchange = client.begin({ claim: 2, ID: 0 })
      exchanges.push(exchange)
      const second = exchange.respond(await provider.request(alice, exchange.request))
      return new TextDecoder().decode(canonicalize(await provider.respond(alice, second)))
    }
    try {
      const third = await run()
      const values = new Map(valuesOf(third))
      const usesOther = edits.flat().some((text) => text.includes('{other '))
      for (const [name, value] of usesOther ? valuesOf(await run()) : []) values.set(`other ${name}`, value)
      const fill = (text: string): string =>
        text.replace(/\{([a-z ]+)\}/g, (_, name: string) => textOf(values.get(name)))
      itemAt(exchanges, 0).finish(
        edited(
          third,
          edits.map((edit) => edit.map(fill)),
        ),
      )
      return undefined
    } finally {
      for (const exchange of exchanges) exchange.dispose()
    }
  }

  dispose(): void {
    this.#parameters?.parameters.group.dispose()
    this.#issuer?.parameters.parameters.group.dispose()
    this.#parameters = undefined
    this.#issuer = undefined
  }
}

/** What edits of a third response may name: both its numbers, and its Context. */
function valuesOf(third: string): [name: string, value: string][] {
  const [first = '', second = ''] = [...third.matchAll(/<up:SigmaR>([^<]*)/g)].map(([, text]) => textOf(text))
  const [, context] = /Context="([^"]*)"/.exec(third) ?? []
  return [
    ['first', first],
    ['second', second],
    ['context', textOf(context)],
  ]
}
