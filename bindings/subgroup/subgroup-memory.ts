import { bitLength, byteLength, toFixedWidth } from '../octets/integers.js'
import type { Each } from '../octets/lists.js'
import type { CombShape } from './comb.js'
import type { Core } from '../core/core.js'
import { slack, Workspace } from '../core/workspace.js'
import { planSliding } from './cost.js'
import type { Element, Scalar } from '../engine/engine.js'
import { checkElementLength, checkScalarLength } from '../engine/operands.js'
import type { Comb } from './wasm-fixed-base.js'
import { WasmModulus } from './wasm-modulus.js'

/**
 * A factor of a product as the core wants it: an exponent with a comb, or the digits of one with odd powers of a base.
 */
export interface Term {
  readonly table: number
  readonly exponent: number
  readonly shape: CombShape | { readonly bits: number }
}

export const termBytes = 24

/**
 * The memory that the operations of one subgroup share: the modulus, two numbers, and a workspace; and how elements,
 * exponents and terms are written there. Operations run one after the other, so each may use all of it.
 */
export class SubgroupMemory extends Workspace {
  readonly modulus: WasmModulus
  readonly elementLength: number
  readonly scalarLength: number
  readonly qBits: number
  /** Numbers that an operation uses and leaves to the next. */
  readonly left: number
  readonly right: number
  /** Room that an operation keeps while it uses the workspace again. */
  readonly kept: Workspace
  /** Octets from one exponent to the next: a comb reads up to a row beyond the end of one. */
  readonly exponentBytes: number

  constructor(
    readonly core: Core,
    p: bigint,
    readonly q: bigint,
  ) {
    super(core)
    this.kept = new Workspace(core)
    this.elementLength = byteLength(p)
    this.scalarLength = byteLength(q)
    this.qBits = bitLength(q)
    this.exponentBytes = 2 * this.scalarLength + slack
    this.modulus = new WasmModulus(core, p)
    this.left = this.modulus.allocateNumber()
    this.right = this.modulus.allocateNumber()
  }

  read(number: number, x: Uint8Array): void {
    checkElementLength(x, this.elementLength)
    this.modulus.read(number, x)
  }

  write(number: number): Element {
    return this.modulus.write(number) as Element
  }

  writeElements(pointer: number, xs: readonly Uint8Array[]): void {
    xs.forEach((x, i) => {
      checkElementLength(x, this.elementLength)
      this.core.octets.set(x, pointer + i * this.elementLength)
    })
  }

  readElements<List extends readonly unknown[]>(pointer: number, { length }: List): Each<List, Element> {
    const { elementLength, core } = this
    return Array.from({ length }, (_, i) => {
      const start = pointer + i * elementLength
      return core.octets.slice(start, start + elementLength) as Uint8Array as Element
    }) as Each<List, Element>
  }

  checkScalars(es: readonly Scalar[]): void {
    for (const e of es) checkScalarLength(e, this.scalarLength)
  }

  /** Writes an exponent little-endian, with zeros behind it. */
  writeExponent(pointer: number, e: Uint8Array): void {
    const memory = this.core.octets
    memory.set(e, pointer)
    memory.subarray(pointer, pointer + e.length).reverse()
    memory.fill(0, pointer + e.length, pointer + this.exponentBytes)
  }

  writeExponents(pointer: number, es: readonly Scalar[]): void {
    es.forEach((e, i) => this.writeExponent(pointer + i * this.exponentBytes, e))
  }

  /** Writes terms. Returns the columns or bits of the longest. */
  writeTerms(pointer: number, terms: readonly Term[]): number {
    let longest = 0
    terms.forEach(({ table, exponent, shape }, i) => {
      const { teeth, blocks, columns } = 'bits' in shape ? { teeth: 0, blocks: 0, columns: shape.bits } : shape
      longest = Math.max(longest, columns)
      this.core.writeWords(pointer + i * termBytes, [table, exponent, teeth, blocks, columns, blocks * columns])
    })
    return longest
  }

  /** The terms of combs, whose exponents are written to `exponents`. */
  combTerms(combs: readonly (readonly [Comb, Scalar])[], exponents: number): Term[] {
    return combs.map(([{ table, shape }, e], i) => {
      const exponent = exponents + i * this.exponentBytes
      this.writeExponent(exponent, e)
      return { table, exponent, shape }
    })
  }

  /** Lays out the digits of q and room for the odd powers that they need, for good: the term of a test of membership. */
  prepareOrder(): { term: number; powers: number } {
    const { modulus, qBits, core } = this
    const { width, powers } = planSliding(this.q)
    const table = modulus.allocate(powers * modulus.entryBytes)
    const digits = modulus.allocate(qBits)
    const term = modulus.allocate(termBytes)
    const exponent = modulus.allocate(this.exponentBytes)
    this.writeExponent(exponent, toFixedWidth(this.q, this.scalarLength))
    core.exports.slidingDigits(digits, exponent, qBits, width)
    this.writeTerms(term, [{ table, exponent: digits, shape: { bits: qBits } }])
    return { term, powers }
  }

  /** Wipes the workspace from `start` to `end`, and all that arithmetic left behind. */
  wipe(start: number, end: number): void {
    const { core, modulus } = this
    core.exports.wipe(start, end - start)
    modulus.wipeNumber(this.left)
    modulus.wipeNumber(this.right)
    modulus.wipeWorkingMemory()
  }

  override dispose(): void {
    super.dispose()
    this.kept.dispose()
    this.modulus.dispose()
  }
}
