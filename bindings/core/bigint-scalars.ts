import { byteLength, toBigint, toFixedWidth } from '../octets/integers.js'
import type { RandomSource } from '../octets/random.js'
import type { Scalar, ScalarField } from '../engine/engine.js'
import { InvalidInputError } from '../errors.js'
import type { Lifetime } from '../engine/lifetime.js'
import { checkReducible, checkScalarLength, scalarInRange } from '../engine/operands.js'
import { inverseModulo } from '../engine/power.js'
import { randomScalar } from '../engine/random.js'

/** Arithmetic modulo q on BigInt. Variable time. */
export class BigintScalarField implements ScalarField {
  readonly length: number
  readonly #order: Uint8Array

  constructor(
    private readonly q: bigint,
    private readonly lifetime: Lifetime,
  ) {
    this.length = byteLength(q)
    this.#order = toFixedWidth(q, this.length)
  }

  get zero(): Scalar {
    return this.#write(0n)
  }

  get one(): Scalar {
    return this.#write(1n)
  }

  add(a: Scalar, b: Scalar): Scalar {
    return this.#write(this.#read(a) + this.#read(b))
  }

  subtract(a: Scalar, b: Scalar): Scalar {
    return this.#write(this.#read(a) - this.#read(b))
  }

  negate(a: Scalar): Scalar {
    return this.#write(-this.#read(a))
  }

  multiply(a: Scalar, b: Scalar): Scalar {
    return this.#write(this.#read(a) * this.#read(b))
  }

  multiplyAdd(a: Scalar, b: Scalar, c: Scalar): Scalar {
    return this.#write(this.#read(a) * this.#read(b) + this.#read(c))
  }

  invert(a: Scalar): Scalar {
    const inverse = inverseModulo(this.#read(a), this.q)
    if (inverse === undefined) throw new InvalidInputError('scalar/zero', 'zero has no inverse')
    return this.#write(inverse)
  }

  reduce(octets: Uint8Array): Scalar {
    checkReducible(octets)
    return this.#write(toBigint(octets))
  }

  random(source?: RandomSource): Scalar {
    this.lifetime.check()
    return randomScalar(this.#order, source)
  }

  from(octets: Uint8Array): Scalar {
    this.lifetime.check()
    return scalarInRange(octets, this.#order)
  }

  #read(a: Scalar): bigint {
    checkScalarLength(a, this.length)
    return toBigint(a)
  }

  #write(value: bigint): Scalar {
    this.lifetime.check()
    const remainder = value % this.q
    return toFixedWidth(remainder < 0n ? remainder + this.q : remainder, this.length) as Scalar
  }
}
