// A node of a farm, as a process that can be killed: a Claim Provider on a store, driven by messages of its parent.
import { createEngine } from '../../../bindings/loading/create-engine.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { ClaimProvider } from '../../ws-trust/issuance/claim-provider.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { keyInEnvironment } from '../state/key-source.js'
import type { StoreLocation } from '../databases.js'
import { openStore } from '../store.js'
import { issuerFromSeed } from './deployment.js'

/** What a node is told to do. */
export interface NodeRequest {
  readonly id: number
  readonly leg: 'request' | 'respond'
  /** The message, XML. */
  readonly message: string
}

/** What it says: the answer, or the code of what went wrong. */
export interface NodeAnswer {
  readonly id: number
  readonly answer?: string
  readonly code?: string
}

const [location, seed] = JSON.parse(process.argv[2]!) as [StoreLocation, string]
const engine = await createEngine()
const store = await openStore({ ...location, key: keyInEnvironment() })
const issuer = issuerFromSeed(engine.subgroup(L2048N256), seed)
const provider = new ClaimProvider({ issuer, claims: () => ['value'], store: store.exchanges })

process.on('message', ({ id, leg, message }: NodeRequest) => {
  const reply = (answer: Omit<NodeAnswer, 'id'>): void => void process.send!({ id, ...answer })
  provider[leg]({ id: 'alice' }, message).then(
    (element) => reply({ answer: new TextDecoder().decode(canonicalize(element)) }),
    (error: unknown) => reply({ code: error instanceof Error && 'code' in error ? String(error.code) : String(error) }),
  )
})
process.send!({ id: 0 })
