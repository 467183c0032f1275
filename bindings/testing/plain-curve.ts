import type { CurveNumbers } from '../engine/engine.js'
import { inverseModulo } from '../engine/power.js'
import { toBigint, toFixedWidth } from '../octets/integers.js'

const parameters = (
  name: string,
  p: bigint,
  b: string,
  q: string,
  x: string,
  y: string,
): CurveNumbers & { readonly name: string } => {
  const [bValue, order, gx, gy] = [b, q, x, y].map((hex) => BigInt(`0x${hex.replace(/\s/g, '')}`))
  return { name, p, b: bValue!, q: order!, g: { x: gx!, y: gy! } }
}

/** P-256, P-384, P-521 (FIPS 186-4, section D.1.2). */
export const curves = {
  'P-256': parameters(
    'P-256',
    2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    '5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b',
    'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
    '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296',
    '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
  ),
  'P-384': parameters(
    'P-384',
    2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    'b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef',
    'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
    'aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7',
    '3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f',
  ),
  'P-521': parameters(
    'P-521',
    2n ** 521n - 1n,
    `051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1e
     f451fd46b503f00`,
    `1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aeb
     b6fb71e91386409`,
    `0c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf
     97e7e31c2e5bd66`,
    `11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c2408
     8be94769fd16650`,
  ),
}

/** A point; undefined is infinity. */
export type Point = { readonly x: bigint; readonly y: bigint } | undefined

/** Curve arithmetic as it stands in textbooks, to compare with. */
export class PlainCurve {
  readonly octets: number

  constructor(readonly curve: CurveNumbers) {
    this.octets = Math.ceil(curve.p.toString(16).length / 2)
  }

  add(a: Point, b: Point): Point {
    const { p } = this.curve
    if (a === undefined) return b
    if (b === undefined) return a
    if (a.x === b.x && a.y !== b.y) return undefined
    const slope =
      a.x === b.x
        ? (3n * a.x * a.x - 3n) * inverseModulo(this.#mod(2n * a.y), p)!
        : (b.y - a.y) * inverseModulo(this.#mod(b.x - a.x), p)!
    const x = this.#mod(slope * slope - a.x - b.x)
    return { x, y: this.#mod(slope * (a.x - x) - a.y) }
  }

  negate(a: Point): Point {
    return a === undefined ? undefined : { x: a.x, y: this.#mod(-a.y) }
  }

  multiply(k: bigint, a: Point): Point {
    let result: Point
    for (let rest = k, power = a; rest > 0n; rest >>= 1n, power = this.add(power, power)) {
      if ((rest & 1n) === 1n) result = this.add(result, power)
    }
    return result
  }

  isOnCurve(a: Point): boolean {
    return a === undefined || this.#mod(a.y * a.y - (a.x ** 3n - 3n * a.x + this.curve.b)) === 0n
  }

  /** Octets as the core has them: 04 || x || y, all zero for infinity. */
  encode(a: Point): Uint8Array {
    const octets = new Uint8Array(1 + 2 * this.octets)
    if (a === undefined) return octets
    octets[0] = 4
    octets.set(toFixedWidth(a.x, this.octets), 1)
    octets.set(toFixedWidth(a.y, this.octets), 1 + this.octets)
    return octets
  }

  decode(octets: Uint8Array): Point {
    if (octets[0] === 0) return undefined
    const middle = 1 + this.octets
    return { x: toBigint(octets.subarray(1, middle)), y: toBigint(octets.subarray(middle)) }
  }

  #mod(a: bigint): bigint {
    const { p } = this.curve
    return ((a % p) + p) % p
  }
}
