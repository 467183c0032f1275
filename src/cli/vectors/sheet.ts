import { UProveError } from '../../../bindings/errors.js'
import { UsageError } from '../errors.js'
import type { Form, Published } from './forms.js'
import { Input } from './input.js'

/** A value of a vector file: the key that its file gives it, and its path in this project's own layout. */
export interface Leaf extends Published {
  readonly key: string
  readonly path: string
}

/** The result of recomputing a vector file. */
export interface VectorReport {
  /** How many outputs the file has. */
  readonly values: number
  /** Values of extensions, which are not looked at. */
  readonly notChecked: number
  /** The first that differs. */
  readonly difference: Difference | undefined
}

/** An output of a vector file that differs from the computed value. */
export interface Difference {
  /** The key in its file. */
  readonly key: string
  readonly expected: string
  /** Undefined if the computation failed, for `reason`. */
  readonly computed?: string
  readonly reason?: string
}

/** A value that is computed on first use, and knows the cells that it was computed from. */
export class Cell<T> {
  readonly dependencies = new Set<Cell<unknown>>()
  #result: (() => T) | undefined

  /** `active` is the stack of the cells that are being computed. */
  constructor(
    private readonly active: Cell<unknown>[],
    private readonly compute: () => T,
  ) {}

  get value(): T {
    return this.evaluate()
  }

  /** Throws the `UProveError` that the computation ended with. */
  evaluate(): T {
    this.active[this.active.length - 1]?.dependencies.add(this)
    this.#result ??= this.#run()
    return this.#result()
  }

  #run(): () => T {
    this.active.push(this)
    try {
      const value = this.compute()
      return () => value
    } catch (error) {
      if (!(error instanceof UProveError)) throw error
      return () => {
        throw error
      }
    } finally {
      this.active.pop()
    }
  }
}

interface Output {
  readonly leaf: Leaf
  /** The difference, if there is one. */
  readonly compare: () => Difference | undefined
}

/**
 * A vector file as a spreadsheet: inputs, and cells that recompute its outputs. Because cells know their inputs, a wrong
 * input shows at the first output that depends on it, in any order of the file.
 */
export class Sheet {
  readonly #leaves: ReadonlyMap<string, Leaf>
  readonly #active: Cell<unknown>[] = []
  readonly #claimed = new Set<string>()
  /** The cells of the outputs that the file has, by path. */
  readonly #cells = new Map<string, Cell<unknown>>()
  readonly #outputs = new Map<Cell<unknown>, Output>()

  /** `leaves` in the order of the file. */
  constructor(leaves: readonly Leaf[]) {
    this.#leaves = new Map(leaves.map((leaf) => [leaf.path, leaf]))
  }

  /** How many outputs the file has. */
  get outputCount(): number {
    return this.#outputs.size
  }

  /** All paths that begin so, without that beginning. */
  pathsBelow(prefix: string): string[] {
    return [...this.#leaves.keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length))
  }

  /** How many elements the list at a path has. */
  count(path: string): number {
    return new Set(this.pathsBelow(`${path}[`).map((rest) => rest.slice(0, rest.indexOf(']')))).size
  }

  /** An input of the file, present or not. */
  input(path: string): Input {
    this.#claimed.add(path)
    return new Input(path, this.#leaves.get(path))
  }

  /** An intermediate value. */
  cell<T>(compute: () => T): Cell<T> {
    return new Cell(this.#active, compute)
  }

  /**
   * An output, which is compared if the file has it. Undefined stands for a value that does not exist here. `uses` are
   * cells whose values enter it though `compute` does not read them.
   */
  output<T, U extends T | undefined>(
    path: string,
    form: Form<T>,
    compute: () => U,
    uses: readonly Cell<unknown>[] = [],
  ): Cell<U> {
    const cell = this.cell(() => {
      for (const used of uses) used.evaluate()
      return compute()
    })
    this.#claimed.add(path)
    const leaf = this.#leaves.get(path)
    if (leaf !== undefined) {
      this.#cells.set(path, cell)
      this.#outputs.set(cell, { leaf, compare: once(() => compare(leaf, form, cell)) })
    }
    return cell
  }

  /** Throws `UsageError` for a value that is neither an input nor an output. */
  refuseUnclaimed(): void {
    for (const { path, key } of this.#leaves.values()) {
      if (!this.#claimed.has(path)) throw new UsageError(`unknown key ${key}`)
    }
  }

  /** The first output, in the order of the file, that differs while nothing that it was computed from does. */
  firstDifference(): Difference | undefined {
    for (const path of this.#leaves.keys()) {
      const cell = this.#cells.get(path)
      if (cell !== undefined && this.#outputs.get(cell)?.compare() !== undefined) return this.#origin(cell, new Set())
    }
    return undefined
  }

  /** The difference below a cell, or else at the cell itself. */
  #origin(cell: Cell<unknown>, seen: Set<Cell<unknown>>): Difference | undefined {
    if (seen.has(cell)) return undefined
    seen.add(cell)
    for (const dependency of cell.dependencies) {
      const found = this.#origin(dependency, seen)
      if (found !== undefined) return found
    }
    return this.#outputs.get(cell)?.compare()
  }

  /** The key under which the file has a cell's value. */
  keyOf(cell: Cell<unknown>): string | undefined {
    return this.#outputs.get(cell)?.leaf.key
  }
}

function compare<T>(leaf: Leaf, form: Form<T>, cell: Cell<T | undefined>): Difference | undefined {
  const { key, value } = leaf
  const expected = typeof value === 'string' ? value : JSON.stringify(value)
  try {
    const computed = cell.value
    if (computed === undefined) return value === null ? undefined : { key, expected, computed: 'null' }
    if (value !== null && form.agrees(leaf, computed)) return undefined
    return { key, expected, computed: form.show(computed, expected) }
  } catch (error) {
    if (!(error instanceof UProveError)) throw error
    return { key, expected, reason: error.message }
  }
}

function once<T>(compute: () => T): () => T {
  let result: { readonly value: T } | undefined
  return () => (result ??= { value: compute() }).value
}
