/**
 * The curves that have kernels: y^2 = x^3 - 3 x + b over a prime p with q points (SEC 2, FIPS 186-4 section D.1.2).
 *
 * The modulus is given as the sum of signed powers of two that it is: reduction adds multiples of it by shifts.
 *
 * @typedef {object} Curve
 * @property {string} name
 * @property {readonly (readonly [sign: 1 | -1, bit: number])[]} terms what p is the sum of
 * @property {bigint} b
 * @property {bigint} q
 */

/** @type {readonly Curve[]} */
export const curves = [
  {
    name: 'P-256',
    terms: [
      [1, 256],
      [-1, 224],
      [1, 192],
      [1, 96],
      [-1, 0],
    ],
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    q: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  {
    name: 'P-384',
    terms: [
      [1, 384],
      [-1, 128],
      [-1, 96],
      [1, 32],
      [-1, 0],
    ],
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    q: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  {
    name: 'P-521',
    terms: [
      [1, 521],
      [-1, 0],
    ],
    b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    q: 0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  },
]

/** @param {Curve} curve */
export function modulusOf({ terms }) {
  return terms.reduce((sum, [sign, bit]) => sum + (BigInt(sign) << BigInt(bit)), 0n)
}
