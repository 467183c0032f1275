// The measured code of the page. It is loaded by its address after the clock starts, as an application would load it on demand.
import { createEngine, decodeIssuedToken, decodeIssuerParameters, IssuerParameters } from '../../src/index.js'
import { itemAt } from '../../bindings/octets/lists.js'
import { L2048N256 } from '../../src/params/L2048N256.js'
import { createPool } from '../../src/pool/index.js'
import type { Fixture } from './fixture.js'
import { disclosed, expectedUses, message, Presenter, stopwatch, type TableSource } from './presenter.js'

export function start(fixture: Fixture, source: TableSource): Promise<Presenter> {
  return Presenter.start(fixture, source, {
    recommended: L2048N256,
    open: () => createEngine({ backend: 'wasm' }),
  })
}

/** The same from the page's thread with a pool of one worker. */
export async function presentInWorker(fixture: Fixture, count: number): Promise<{ first: number; times: number[] }> {
  const watch = stopwatch()
  // The parameters are verified here; the worker computes the tables and the presentations.
  const engine = await createEngine({ backend: 'wasm' })
  const group = engine.subgroup(L2048N256)
  const { values } = decodeIssuerParameters(fixture.parameters)
  const parameters = IssuerParameters.verify(group, values, { recommended: L2048N256 })
  const pool = await createPool({ workers: 1, worker: '/pool-worker.js', fallback: false })
  pool.warmUp(parameters, { present: expectedUses })
  const tokens = fixture.tokens.map((token) => decodeIssuedToken(parameters, token))
  const { attributes } = fixture
  const next = (i: number): Promise<unknown> =>
    pool.presentToken(parameters, itemAt(tokens, i % tokens.length), { attributes, disclosed, message: message(i) })
  await next(0)
  const first = watch()
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const call = stopwatch()
    await next(i)
    times.push(call())
  }
  await pool.dispose()
  return { first, times }
}
