import { createEngine } from '../../bindings/loading/create-engine.js'
import type { Scalar } from '../../bindings/engine/engine.js'
import { Issuer, presentToken, Prover, verifyPresentation } from '../../src/index.js'
import type { IssuedToken, IssuerParameters, PresentationProof } from '../../src/index.js'
import { L2048N256 } from '../../src/params/L2048N256.js'

/** The measured work: the Issuer, the Prover, presentations, and their verification. */
export const kinds = ['issue', 'obtain', 'prove', 'verify'] as const
export type Kind = (typeof kinds)[number]

/** Tokens of one exchange, where nothing else is said: of the Issuer's and of the Prover's. */
export const batchOf: Readonly<Partial<Record<Kind, number>>> & { readonly issue: number; readonly obtain: number } = {
  issue: 1000,
  obtain: 250,
}

const message = new Uint8Array(32).fill(7)
export const disclosed = [1, 2]

/** A presented token. */
export interface Presented {
  readonly issued: IssuedToken
  readonly proof: PresentationProof
}

/** The objects that the work needs. */
export interface Material {
  readonly issuer: Issuer
  readonly parameters: IssuerParameters
  /** Of the tokens that are presented and verified. */
  readonly attributes: readonly string[]
  readonly message: Uint8Array
  readonly presented: readonly Presented[]
  /** A second message of any length: to the Issuer a sigma_c is any number. */
  readonly answer: (count: number) => { readonly sigmaC: readonly Scalar[] }
}

let serial = 0
/** Five attributes that no batch had before, so that nothing is left over from an earlier one. */
export function freshAttributes(): string[] {
  return [`serial ${serial++}`, 'Alice Example', '1970-01-01', 'member', 'Example Limited']
}

/** An Issuer of five hashed attributes on L2048N256, in Revision 3, and some tokens of one batch. */
export async function createMaterial(): Promise<Material> {
  const engine = await createEngine()
  const group = engine.subgroup(L2048N256)
  const issuer = Issuer.create(group, {
    uid: 'urn:example:issuer',
    attributes: 5,
    recommended: L2048N256,
    expectedUses: 1_000_000,
    maxTableBytes: 2 << 20,
  })
  const { parameters } = issuer
  const attributes = freshAttributes()
  const session = issuer.begin({ attributes, count: 16 })
  const prover = Prover.begin(parameters, { attributes, count: 16 })
  const tokens = prover.finish(session.respond(prover.respond(session.message1)), { keepTables: true })
  const presented = tokens.map((issued) => {
    return { issued, proof: presentToken(parameters, issued, { attributes, disclosed, message }).proof }
  })
  const sigmaC = Array.from({ length: 10_000 }, () => group.scalars.random())
  const answer = (count: number): { readonly sigmaC: Scalar[] } => ({ sigmaC: sigmaC.slice(0, count) })
  return { issuer, parameters, attributes, message, presented, answer }
}

/** Finished work, and its duration in ms. */
export interface Done {
  readonly tokens: number
  readonly milliseconds: number
}

/** Works in one thread, with the single-threaded interface, for at least a time in ms. */
export function workFor(material: Material, kind: Kind, milliseconds: number): Done {
  const work = { issue, obtain, prove, verify }[kind]
  let done = { tokens: 0, milliseconds: 0 }
  while (done.milliseconds < milliseconds) {
    const more = work(material)
    done = { tokens: done.tokens + more.tokens, milliseconds: done.milliseconds + more.milliseconds }
  }
  return done
}

function timed(tokens: number, work: () => void): Done {
  const start = performance.now()
  work()
  return { tokens, milliseconds: performance.now() - start }
}

function issue({ issuer, answer }: Material): Done {
  const count = batchOf.issue
  const attributes = freshAttributes()
  return timed(count, () => {
    issuer.begin({ attributes, count }).respond(answer(count))
  })
}

/** The Issuer's part is done off the clock. */
function obtain({ issuer, parameters }: Material): Done {
  const count = batchOf.obtain
  const attributes = freshAttributes()
  const session = issuer.begin({ attributes, count })
  const start = performance.now()
  const prover = Prover.begin(parameters, { attributes, count })
  const message2 = prover.respond(session.message1)
  const stop = performance.now()
  const message3 = session.respond(message2)
  const finished = timed(count, () => prover.finish(message3))
  return { tokens: count, milliseconds: stop - start + finished.milliseconds }
}

function prove({ parameters, attributes, message, presented }: Material): Done {
  return timed(presented.length, () => {
    for (const { issued } of presented) presentToken(parameters, issued, { attributes, disclosed, message })
  })
}

function verify({ parameters, message, presented }: Material): Done {
  return timed(presented.length, () => {
    for (const { issued, proof } of presented) {
      if (!verifyPresentation(parameters, issued.token, proof, { message }).valid) throw new Error('a proof is refused')
    }
  })
}
