import { afterEach, describe, expect, it, vi } from 'vitest'
import { L2048N256 } from '../src/params/L2048N256.js'
import { P256 } from '../src/params/P256.js'
import { Issuer } from '../src/uprove/issuance/issuer.js'
import { Prover } from '../src/uprove/issuance/prover.js'
import { presentToken } from '../src/uprove/presentation/presentation.js'
import { verifyPresentation } from '../src/uprove/presentation/verification.js'
import type { Engine } from './engine/engine.js'
import { EngineError } from './errors.js'
import { createEngine } from './loading/create-engine.js'

/** Steps that take memory, each in a fresh engine: the group and its tables, a batch, its tokens, a presentation. */
const uses = {
  'a subgroup': (engine: Engine) => {
    const group = engine.subgroup(L2048N256)
    return { group, recommended: L2048N256 }
  },
  'a curve': (engine: Engine) => {
    const group = engine.curve(P256)
    return { group, recommended: P256 }
  },
}

function issueAndPresent(
  use: (engine: Engine) => ReturnType<(typeof uses)[keyof typeof uses]>,
  engine: Engine,
): boolean {
  const { group, recommended } = use(engine)
  const options = { uid: 'urn:example:1', attributes: 2 }
  const issuer =
    recommended === P256
      ? Issuer.create(group, { ...options, recommended: P256 })
      : Issuer.create(group, { ...options, recommended: L2048N256 })
  const { parameters } = issuer
  const attributes = ['Alice', 'citizen']
  const issuing = issuer.begin({ attributes, count: 200 })
  const prover = Prover.begin(parameters, { attributes, count: 200 })
  const [held] = prover.finish(issuing.respond(prover.respond(issuing.message1)))
  if (held === undefined) throw new Error('no token')
  const message = new Uint8Array(32)
  const { proof } = presentToken(parameters, held, { attributes, disclosed: [2], message })
  return verifyPresentation(parameters, held.token, proof, { message }).valid
}

/** Counts how often memory grows, and refuses to from some time on. */
function limitGrowth(most: number): { readonly grown: number } {
  const seen = { grown: 0 }
  const grow = Object.getOwnPropertyDescriptor(WebAssembly.Memory.prototype, 'grow')?.value as (pages: number) => number
  vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(function (this: WebAssembly.Memory, pages) {
    if (seen.grown >= most) throw new RangeError('WebAssembly.Memory.grow(): Unable to grow instance memory')
    seen.grown++
    return grow.call(this, pages)
  })
  return seen
}

afterEach(() => vi.restoreAllMocks())

describe.each(Object.entries(uses))('memory that cannot grow, on %s', (_name, use) => {
  it('is an error with a code wherever it happens; the same engine goes on when there is memory again', async () => {
    const counted = await createEngine()
    const seen = limitGrowth(Infinity)
    expect(issueAndPresent(use, counted)).toBe(true)
    vi.restoreAllMocks()
    counted.dispose()
    expect(seen.grown).toBeGreaterThan(0)
    for (let most = 0; most < seen.grown; most++) {
      const engine = await createEngine()
      limitGrowth(most)
      let failure: unknown
      try {
        issueAndPresent(use, engine)
      } catch (error) {
        failure = error
      }
      expect(failure, `after ${most} of ${seen.grown}`).toBeInstanceOf(EngineError)
      expect(failure).toMatchObject({ code: 'engine/out-of-memory' })
      vi.restoreAllMocks()
      expect(issueAndPresent(use, engine)).toBe(true)
      engine.dispose()
      expect(() => engine.subgroup(L2048N256)).toThrow(expect.objectContaining({ code: 'engine/disposed' }) as Error)
    }
  })
})
