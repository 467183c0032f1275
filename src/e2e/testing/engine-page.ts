// In a page: which kernels this browser runs, what a pool does here, and how long presenting and verifying take.
import {
  createEngine,
  Issuer,
  presentToken,
  Prover,
  verifyPresentation,
  type BackendName,
  type KernelName,
} from '../../index.js'
import { L2048N256, P256 } from '../../params/index.js'
import { createPool } from '../../pool/index.js'

/** What the page says, as JSON, unless it is to measure. */
export interface EngineReport {
  /** The kernel that the engine takes by itself. */
  readonly kernel: string | undefined
  /** `runs`, or the code of the error. */
  readonly kernels: Readonly<Record<KernelName, string>>
  readonly pool: {
    /** What `navigator.hardwareConcurrency` says, and the workers that a pool has unless it is told. */
    readonly reported: number
    readonly workers: number
    readonly inThread: boolean
    readonly valid: number
    /** Codes for a proof with another message, and for a token with octets that are no element of the group. */
    readonly otherMessage: string
    readonly wrongToken: string
  }
}

/** Milliseconds of a call, by group and backend. */
export type FiguresReport = Readonly<Record<string, { readonly present: number; readonly verify: number }>>

const attributes = ['Alice', 'Archer', 'alice@example.com', 'SE', '1990-05-17']
const message = 'for this shop'

const codeOf = (error: unknown): string => String((error as { readonly code?: string }).code ?? error)

async function report(): Promise<EngineReport> {
  const kernels = (['relaxed-fma', 'simd', 'scalar'] as const).map(async (kernel) => {
    return [kernel, await createEngine({ backend: 'wasm', kernel }).then(() => 'runs', codeOf)] as const
  })
  const { kernel } = await createEngine()
  return {
    kernel,
    kernels: Object.fromEntries(await Promise.all(kernels)) as EngineReport['kernels'],
    pool: await inPool(),
  }
}

async function inPool(): Promise<EngineReport['pool']> {
  const engine = await createEngine()
  const issuer = Issuer.create(engine.curve(P256), { uid: 'urn:example:1', attributes: 5, recommended: P256 })
  const { parameters } = issuer
  const pool = await createPool({ fallback: false })
  const session = await pool.issuer(issuer).begin({ attributes, count: 40 })
  const prover = await pool.beginProver(parameters, { attributes, count: 40 })
  const held = await prover.finish(await session.respond(await prover.respond(session.message1)))
  const verdicts = held.map(async (issued) => {
    const { proof } = await pool.presentToken(parameters, issued, { attributes, disclosed: [4], message })
    const verify = (signed: string) => pool.verifyPresentation(parameters, issued.token, proof, { message: signed })
    const [here, elsewhere] = await Promise.all([verify(message), verify('for another')])
    const wrong = pool.verifyToken(parameters, { ...issued.token, h: new Uint8Array(3) })
    return {
      valid: here.valid,
      otherMessage: elsewhere.valid ? 'valid' : elsewhere.code,
      wrongToken: await wrong.then(() => 'taken', codeOf),
    }
  })
  const found = await Promise.all(verdicts)
  const same = (name: 'otherMessage' | 'wrongToken') => [...new Set(found.map((verdict) => verdict[name]))].join()
  const { size: workers, inThread } = pool
  await pool.dispose()
  return {
    reported: navigator.hardwareConcurrency,
    workers,
    inThread,
    valid: found.filter(({ valid }) => valid).length,
    otherMessage: same('otherMessage'),
    wrongToken: same('wrongToken'),
  }
}

/** All calls take turns, so that other load on the machine affects all alike; the best turn of each counts. */
async function figures(): Promise<FiguresReport> {
  const all: (Calls & { readonly name: string; best: FiguresReport[string] })[] = []
  for (const backend of ['wasm', 'bigint'] as const) {
    for (const recommended of [P256, L2048N256]) {
      const name = `${recommended.name}, ${backend}`
      all.push({ name, ...(await callsOn(backend, recommended)), best: { present: Infinity, verify: Infinity } })
    }
  }
  for (let turn = 0; turn < 8; turn++) {
    for (const measured of all) {
      const { best, present, verify } = measured
      measured.best = {
        present: Math.min(best.present, millisecondsOf(present)),
        verify: Math.min(best.verify, millisecondsOf(verify)),
      }
    }
  }
  return Object.fromEntries(all.map(({ name, best }) => [name, best]))
}

interface Calls {
  readonly present: () => unknown
  readonly verify: () => unknown
}

async function callsOn(backend: BackendName, recommended: typeof P256 | typeof L2048N256): Promise<Calls> {
  const engine = await createEngine({ backend })
  const own = { allowVariableTime: backend === 'bigint' }
  const group = engine.group(recommended)
  const issuer = Issuer.create(group, { uid: 'urn:example:1', attributes: 5, recommended, ...own })
  const { parameters } = issuer
  const session = issuer.begin({ attributes, ...own })
  const prover = Prover.begin(parameters, { attributes, ...own })
  const held = prover.finish(session.respond(prover.respond(session.message1)))[0]!
  const present = () => presentToken(parameters, held, { attributes, disclosed: [2, 4], message, ...own })
  const { proof } = present()
  return { present, verify: () => verifyPresentation(parameters, held.token, proof, { message }) }
}

/** The mean of one call in a turn. Clocks of pages are coarse, so a turn lasts 100 ms. */
function millisecondsOf(call: () => unknown): number {
  const start = performance.now()
  for (let calls = 1; ; calls++) {
    call()
    const passed = performance.now() - start
    if (passed >= 100) return passed / calls
  }
}

const status = document.querySelector('output')!
const work = status.dataset.work === 'figures' ? figures() : report()
work.then(
  (said) => (status.textContent = JSON.stringify(said)),
  (error: unknown) => (status.textContent = String(error)),
)
