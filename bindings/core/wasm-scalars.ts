import { bitLength, byteLength, isZero, toFixedWidth } from '../octets/integers.js'
import type { CommonExports, Core } from './core.js'
import type { Scalar, ScalarField } from '../engine/engine.js'
import { InvalidInputError } from '../errors.js'
import type { Lifetime } from '../engine/lifetime.js'
import { checkReducible, checkScalarLength, maxReducibleOctets, scalarInRange } from '../engine/operands.js'
import { negativeInverse } from '../engine/power.js'
import { randomScalar } from '../engine/random.js'
import type { RandomSource } from '../octets/random.js'

/** Arithmetic modulo q in the core: constant time; no operand stays in the core's memory. */
export class WasmScalarField implements ScalarField {
  readonly length: number
  readonly #record: number
  readonly #constants: number
  readonly #operandBytes = maxReducibleOctets
  /** A result, three operands, and the scratch of the operations. */
  readonly #working: number
  readonly #workingBytes: number
  readonly #order: Uint8Array

  constructor(
    private readonly core: Core<CommonExports>,
    q: bigint,
    private readonly lifetime: Lifetime,
  ) {
    this.length = byteLength(q)
    this.#order = toFixedWidth(q, this.length)
    const words = Math.ceil(bitLength(q) / 32)
    const bytes = 4 * words
    const radix = 1n << BigInt(32 * words)
    const operandsBytes = 4 * this.#operandBytes
    this.#workingBytes = operandsBytes + 5 * (bytes + 8)
    this.#working = core.allocate(this.#workingBytes)
    this.#record = core.allocate(36)
    const constants = [q, radix ** 2n % q, q - 2n, radix % q]
    this.#constants = core.allocate(constants.length * bytes)
    const pointers = constants.map((constant, i) => {
      const pointer = this.#constants + i * bytes
      core.octets.set(toFixedWidth(constant, bytes).reverse(), pointer)
      return pointer
    })
    const ofWord = Number(negativeInverse(q, 32))
    core.writeWords(this.#record, [
      words,
      this.length,
      ofWord,
      bitLength(q),
      ...pointers,
      this.#working + operandsBytes,
    ])
  }

  get zero(): Scalar {
    return new Uint8Array(this.length) as Scalar
  }

  get one(): Scalar {
    const one = this.zero
    one[this.length - 1] = 1
    return one
  }

  add(a: Scalar, b: Scalar): Scalar {
    return this.#run([a, b], (f, dst, x, y) => this.core.exports.scalarAdd(f, dst, x, y))
  }

  subtract(a: Scalar, b: Scalar): Scalar {
    return this.#run([a, b], (f, dst, x, y) => this.core.exports.scalarSubtract(f, dst, x, y))
  }

  negate(a: Scalar): Scalar {
    return this.subtract(this.zero, a)
  }

  multiply(a: Scalar, b: Scalar): Scalar {
    return this.multiplyAdd(a, b, this.zero)
  }

  multiplyAdd(a: Scalar, b: Scalar, c: Scalar): Scalar {
    return this.#run([a, b, c], (f, dst, x, y, z) => this.core.exports.scalarMultiplyAdd(f, dst, x, y, z))
  }

  invert(a: Scalar): Scalar {
    checkScalarLength(a, this.length)
    if (isZero(a)) throw new InvalidInputError('scalar/zero', 'zero has no inverse')
    return this.#run([a], (f, dst, x) => this.core.exports.scalarInvert(f, dst, x))
  }

  reduce(octets: Uint8Array): Scalar {
    checkReducible(octets)
    this.lifetime.check()
    const x = this.#working + this.#operandBytes
    this.core.octets.set(octets, x)
    this.core.exports.scalarReduce(this.#record, this.#working, x, octets.length)
    return this.#take()
  }

  random(source?: RandomSource): Scalar {
    this.lifetime.check()
    return randomScalar(this.#order, source)
  }

  from(octets: Uint8Array): Scalar {
    this.lifetime.check()
    return scalarInRange(octets, this.#order)
  }

  /** Wipes and frees everything. */
  dispose(): void {
    for (const pointer of [this.#record, this.#constants, this.#working]) this.core.release(pointer)
  }

  #run(operands: readonly Scalar[], operation: Operation): Scalar {
    for (const operand of operands) checkScalarLength(operand, this.length)
    this.lifetime.check()
    const { octets } = this.core
    const [dst, width] = [this.#working, this.#operandBytes]
    let pointer = dst
    for (const operand of operands) octets.set(operand, (pointer += width))
    operation(this.#record, dst, dst + width, dst + 2 * width, dst + 3 * width)
    return this.#take()
  }

  /** The result of an operation. Wipes the working memory. */
  #take(): Scalar {
    const { exports, octets } = this.core
    const result = octets.slice(this.#working, this.#working + this.length) as Uint8Array as Scalar
    exports.wipe(this.#working, this.#workingBytes)
    return result
  }
}

/** Calls the core with pointers to the field's record, the result and the operands. */
type Operation = (f: number, dst: number, x: number, y: number, z: number) => void
