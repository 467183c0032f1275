import { combEntries, combFor, type CombShape } from '../../../bindings/subgroup/comb.js'
import { costsOf, type Costs } from '../../../bindings/subgroup/cost.js'
import type { KernelName } from '../../../bindings/engine/engine.js'
import { basesPerProduct } from '../../uprove/parameters/tables.js'
import type { BaseName, TableOrder } from '../wire/jobs.js'

/** The operations of a pool. */
export type Operation = 'issue' | 'obtain' | 'present' | 'verify'

/** Tokens of each kind of work. */
export type Workload = Readonly<Record<Operation, number>>

/** The work that a plan is made for. */
export interface PlanInput {
  /** Of q. */
  readonly exponentBits: number
  /** The size of a table's entry, in bytes. */
  readonly entryBytes: number
  /** Number of attributes. */
  readonly n: number
  /** Whether there are Device-protected tokens. */
  readonly device: boolean
  /** The workers' kernel; undefined for bigint, which is taken for the fastest kernel. */
  readonly kernel: KernelName | undefined
  /** The work of one worker. */
  readonly workload: Workload
  /** For the tables of one worker, in bytes. */
  readonly budget: number
}

/** A table, and what it saves. */
export interface PlannedTable {
  readonly base: BaseName | 'gamma'
  readonly exponents: 'secret' | 'public'
  readonly uses: number
  readonly basesPerProduct: number
  /** Undefined if no table pays, or there is no memory for one. */
  readonly shape: CombShape | undefined
  readonly bytes: number
  /** Multiplications modulo p, to build it and at each use. */
  readonly build: number
  readonly use: number
}

/** The tables that minimise the time of a workload within a budget. */
export interface TablePlan {
  readonly tables: readonly PlannedTable[]
  /** Of all tables, with one gamma at work. */
  readonly bytes: number
  /** Multiplications modulo p to build them. */
  readonly build: number
  /** Multiplications modulo p for a token. */
  readonly perToken: Workload
}

/** How often a token needs each base. */
type Uses = readonly (readonly [BaseName | 'gamma', 'secret' | 'public', number])[]

/**
 * The powers of its bases that gamma needs, for each token of a batch: computed once for a batch, and batches of fifty are
 * common.
 */
const shareOfGamma = 0.02

/**
 * Work that fixed bases do not cover, in exponentiations without a table: sigma_b^alpha; h and sigma_z' with their membership
 * tests.
 */
const plainExponentiations: Workload = { issue: 0, obtain: 1, present: 0, verify: 2.6 }

function usesOf(operation: Operation, { n, device }: PlanInput): Uses {
  const attributes = (kind: 'secret' | 'public', uses: number): Uses => [
    ...Array.from({ length: n }, (_, i) => [i + 1, kind, uses] as const),
    ...(device && uses === 1 ? [['gd', kind, 1] as const] : []),
  ]
  const gamma: Uses = [...attributes('secret', shareOfGamma), ['gt', 'secret', shareOfGamma]]
  switch (operation) {
    case 'issue':
      return [['g', 'secret', 1], ['gamma', 'secret', 1], ...gamma]
    case 'obtain':
      // t_a, and sigma_a checked; six powers of gamma and sigma_z, whose tables the Prover makes for each part of a batch.
      return [
        ['g', 'secret', 1],
        ['g0', 'secret', 1],
        ['g', 'public', 1],
        ['g0', 'public', 1],
        ['gamma', 'secret', 6],
        ...gamma,
      ]
    case 'present':
      return [['gamma', 'secret', 1], ...attributes('secret', 1)]
    case 'verify':
      return [['g', 'public', 1], ['g0', 'public', 2], ['gt', 'public', 1], ...attributes('public', 1)]
  }
}

/** The table chosen for a base so far, and the tables that it could have. */
interface Candidate {
  chosen: PlannedTable
  readonly sizes: readonly PlannedTable[]
}

const kibibyte = 1024

/**
 * The sizes that tables are tried in, in bytes. Larger tables need fewer multiplications but no less time: they do not stay
 * in a processor's nearest caches (docs/throughput.md).
 */
const tableSizes = {
  secret: [16, 32, 48, 64, 96, 144].map((size) => size * kibibyte),
  public: [16, 32, 64, 96, 128, 192, 256, 352].map((size) => size * kibibyte),
}

/**
 * Chooses the tables that minimise the time of a workload within a budget: starting without any, it takes the table, or the
 * larger one, that saves most for its memory, until none saves anything or fits.
 */
export function planTables(input: PlanInput): TablePlan {
  const { exponentBits, entryBytes } = input
  const costs = costsOfInput(input)
  const combCosts = { exponentBits, entryBytes, scanCost: costs.scan, squareCost: costs.square }
  const candidates = totalUses(input).map(({ base, exponents, uses }): Candidate => {
    const shared = base === 'gamma' ? 1 : basesPerProduct(base === 'g', exponents)
    const none: PlannedTable = {
      base,
      exponents,
      uses,
      basesPerProduct: shared,
      shape: undefined,
      bytes: 0,
      build: 0,
      use: plainCost(input),
    }
    const sizes = tableSizes[exponents].map((maxTableBytes): PlannedTable => {
      const shape = combFor({ expectedUses: uses, maxTableBytes, exponents, basesPerProduct: shared }, combCosts)
      if (shape === undefined) return none
      const scan = exponents === 'public' ? 0 : costs.scan
      const cost = combCost(shape, { ...costs, scan }, shared)
      return { ...none, shape, bytes: combEntries(shape) * entryBytes, ...cost }
    })
    return { chosen: none, sizes }
  })
  let bytes = 0
  for (;;) {
    let best: { saving: number; take: () => void } | undefined
    for (const candidate of candidates) {
      for (const size of candidate.sizes) {
        const more = size.bytes - candidate.chosen.bytes
        const saving = (total(candidate.chosen) - total(size)) / more
        if (more <= 0 || bytes + more > input.budget || saving <= (best?.saving ?? 0)) continue
        const take = (): void => {
          candidate.chosen = size
          bytes += more
        }
        best = { saving, take }
      }
    }
    if (best === undefined) break
    best.take()
  }
  const tables = candidates.map(({ chosen }) => chosen)
  return {
    tables,
    bytes,
    build: tables.reduce((sum, { build }) => sum + build, 0),
    perToken: {
      issue: perToken('issue', input, tables),
      obtain: perToken('obtain', input, tables),
      present: perToken('present', input, tables),
      verify: perToken('verify', input, tables),
    },
  }
}

/** The tables of a plan, as they are sent to a worker. */
export function ordersOf({ tables }: TablePlan): TableOrder[] {
  return tables.flatMap(({ base, exponents, uses, basesPerProduct, shape, bytes }) =>
    base === 'gamma' || shape === undefined
      ? []
      : [{ base, exponents, expectedUses: uses, maxTableBytes: bytes, basesPerProduct }],
  )
}

/** The bytes that a plan leaves for the table of a gamma. */
export function gammaTableBytes({ tables }: TablePlan): number {
  return tables.find(({ base }) => base === 'gamma')?.bytes ?? 0
}

function costsOfInput({ kernel = 'relaxed-fma' }: PlanInput): Costs {
  return costsOf[kernel]
}

/** The cost of an exponentiation without a table. */
function plainCost(input: PlanInput): number {
  return (costsOfInput(input).square + 0.25) * input.exponentBits
}

function combCost(shape: CombShape, { square, scan }: Costs, shared: number): { build: number; use: number } {
  const { teeth, blocks, columns } = shape
  const lookups = blocks * columns
  return {
    build: teeth * lookups * square + combEntries(shape),
    use: lookups + (columns * square) / shared + lookups * 2 ** teeth * scan,
  }
}

/** The total cost of a base, in multiplications. */
function total({ uses, build, use }: PlannedTable): number {
  return build + uses * use
}

/** The uses of each base over the whole workload. */
function totalUses(input: PlanInput): Pick<PlannedTable, 'base' | 'exponents' | 'uses'>[] {
  const sums = new Map<string, Pick<PlannedTable, 'base' | 'exponents' | 'uses'>>()
  for (const operation of ['issue', 'obtain', 'present', 'verify'] as const) {
    for (const [base, exponents, uses] of usesOf(operation, input)) {
      const key = `${base} ${exponents}`
      const known = sums.get(key)?.uses ?? 0
      sums.set(key, { base, exponents, uses: known + uses * input.workload[operation] })
    }
  }
  return [...sums.values()].filter(({ uses }) => uses > 0)
}

function perToken(operation: Operation, input: PlanInput, tables: readonly PlannedTable[]): number {
  const plain = plainCost(input)
  const fixed = usesOf(operation, input).reduce((sum, [base, exponents, uses]) => {
    const table = tables.find((candidate) => candidate.base === base && candidate.exponents === exponents)
    return sum + uses * (table?.use ?? plain)
  }, 0)
  return fixed + plainExponentiations[operation] * plain
}
