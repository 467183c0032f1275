import { bitLength } from '../../../bindings/octets/integers.js'
import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import { sendGroup } from '../wire/sent-group.js'
import { pack, type TransferMessage } from '../wire/transfer-message.js'
import { gammaTableBytes, ordersOf, planTables, type Operation, type TablePlan, type Workload } from './cost-model.js'
import type { JobType, Setup, WorkerEngine } from '../wire/jobs.js'
import type { Target } from './worker-handle.js'

/** The assumed time of a multiplication modulo a p of 2048 bits, until something was measured, in ms. */
const assumedMultiplication = 0.001

/** Beyond this, tables do not get better. */
const mostExpected = 100_000

const operationOf: Partial<Record<JobType, Operation>> = {
  issue: 'issue',
  prover: 'obtain',
  present: 'present',
  presentBegin: 'present',
  verify: 'verify',
  verifyToken: 'verify',
}

export interface TargetOptions {
  readonly workers: number
  readonly engine: WorkerEngine
  /** For the tables of all workers together, in bytes. */
  readonly memoryBudget: number
  /** Called when other tables were chosen. */
  readonly onPlan: (target: ParametersTarget) => void
}

/** Issuer parameters as they are sent to workers, with the tables that the work so far justifies. */
export class ParametersTarget implements Target {
  version = 0
  /** The number of Issuers, Provers and calls that use it. */
  pins = 0
  #plan: TablePlan
  readonly #done: Record<Operation, number> = { issue: 0, obtain: 0, present: 0, verify: 0 }
  #planned: Workload = { issue: 0, obtain: 0, present: 0, verify: 0 }

  constructor(
    readonly id: number,
    readonly parameters: IssuerParameters,
    private readonly options: TargetOptions,
  ) {
    this.#plan = this.planFor(this.#planned)
  }

  /** The tables that the workers have, or get with their next work. */
  get plan(): TablePlan {
    return this.#plan
  }

  /** Notes tokens to come. The tables are chosen again whenever there are ten times as many tokens as they were made for. */
  expect(operation: Operation, tokens: number): void {
    this.#done[operation] += tokens
    if (this.#done[operation] <= this.#planned[operation] || this.#planned[operation] === mostExpected) return
    const magnitude = 10 ** Math.max(1, Math.ceil(Math.log10(this.#done[operation])))
    this.#planned = { ...this.#planned, [operation]: Math.min(mostExpected, magnitude) }
    this.#plan = this.planFor(this.#planned)
    this.version++
    this.options.onPlan(this)
  }

  /** The tables for a workload of all workers together. */
  planFor(workload: Workload): TablePlan {
    const { parameters } = this
    const { workers, engine, memoryBudget } = this.options
    const perWorker = (tokens: number): number => Math.ceil(tokens / workers)
    return planTables({
      exponentBits: bitLength(parameters.group.q),
      entryBytes: parameters.group.entryBytes,
      n: parameters.n,
      device: parameters.gd !== undefined,
      kernel: engine.kernel,
      workload: {
        issue: perWorker(workload.issue),
        obtain: perWorker(workload.obtain),
        present: perWorker(workload.present),
        verify: perWorker(workload.verify),
      },
      budget: memoryBudget / workers,
    })
  }

  /** The time of multiplications in the model, in ms. */
  millisecondsOf(multiplications: number): number {
    return multiplications * assumedMultiplication * (this.parameters.group.elementLength / 256) ** 2
  }

  estimate(job: JobType): number {
    const operation = operationOf[job]
    if (operation === undefined) return 0.1
    // A Prover takes three steps.
    return this.millisecondsOf(this.#plan.perToken[operation]) / (job === 'prover' ? 3 : 1)
  }

  setup(): TransferMessage<Setup> {
    const { id, parameters } = this
    const { description, legacy } = parameters.group
    return pack<Setup>({
      kind: 'parameters',
      id,
      group: sendGroup(description, this.options.engine.kernel),
      values: parameters.values(),
      // They were checked when they were made.
      allowLegacy: legacy || parameters.hash === 'SHA-1',
      tables: ordersOf(this.#plan),
      gammaTableBytes: gammaTableBytes(this.#plan),
    })
  }
}
