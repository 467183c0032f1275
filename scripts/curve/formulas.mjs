/**
 * The point formulas, each written once for all curves and kernels. A kernel computes with pairs of field elements:
 * `pick(a, i, b, j)` is the pair [a_i, b_j], and each product is a product of pairs. So every formula is arranged in
 * pairs of products that do not wait for one another.
 *
 * A point is stored as the pairs [Z, Y], [X, X]; an entry of a table as [X, Z], [Y, Y]; an affine point as [X, Y].
 *
 * @typedef {import('./field.mjs').Field} Field
 * @typedef {import('./field.mjs').Pair} Pair
 */

/**
 * dst = 2 p in Jacobian coordinates (D. J. Bernstein, dbl-2001-b, for a = -3).
 * @param {Field} f
 */
export function double(f) {
  const ZY = f.loadPoint('p', 'ZY'),
    XX = f.loadPoint('p', 'XX')
  const deltaGamma = f.carry(f.square(ZY)) // [Z^2, Y^2]
  const left = f.pick(f.subtract(XX, deltaGamma), 0, XX, 1) // [X - delta, X]
  const right = f.pick(f.add(XX, deltaGamma), 0, f.times(4, deltaGamma), 1) // [X + delta, 4 gamma]
  const t = f.multiply(left, right)
  const MS = f.fold(f.pick(f.times(3, t), 0, t, 1)) // [M, S] = [3 (X - delta) (X + delta), 4 X gamma]
  const squares = f.multiply(f.pick(MS, 0, right, 1), f.pick(MS, 0, f.times(2, deltaGamma), 1)) // [M^2, 8 gamma^2]
  const X3 = f.subtract(f.pick(squares, 0, squares, 0), f.times(2, f.pick(MS, 1, MS, 1))) // M^2 - 2 S
  const XV = f.pick(X3, 0, f.subtract(f.pick(MS, 1, MS, 1), X3), 1) // [X3, S - X3]
  const last = f.multiply(f.pick(f.times(2, ZY), 0, MS, 0), f.pick(ZY, 1, XV, 1)) // [2 Z Y, M (S - X3)]
  f.storePoint('dst', 'ZY', f.pick(last, 0, f.subtract(last, squares), 1))
  f.storePoint('dst', 'XX', f.pick(XV, 0, XV, 0))
}

/**
 * dst = p + q in Jacobian coordinates (add-1998-cmo-2), for p other than q and -q, and neither infinity.
 * @param {Field} f
 */
export function add(f) {
  const ZY = f.loadPoint('p', 'ZY'),
    XX = f.loadPoint('p', 'XX')
  const XZ2 = f.loadPoint('q', 'XZ'),
    YY2 = f.loadPoint('q', 'YY')
  const Z = f.pick(ZY, 0, XZ2, 1) // [Z1, Z2]
  const squares = f.square(Z)
  const cubes = f.multiply(squares, Z)
  const U = f.multiply(f.pick(XZ2, 0, XX, 1), squares) // [U2, U1] = [X2 Z1^2, X1 Z2^2]
  const S = f.multiply(f.pick(YY2, 0, ZY, 1), cubes) // [S2, S1] = [Y2 Z1^3, Y1 Z2^3]
  const HR = f.subtract(f.pick(U, 0, S, 0), f.pick(U, 1, S, 1)) // [H, R] = [U2 - U1, S2 - S1]
  const t = f.square(HR)
  const H3V = f.multiply(f.pick(HR, 0, U, 1), f.pick(t, 0, t, 0)) // [H^3, V] = [H H^2, U1 H^2]
  const ZT = f.multiply(f.pick(Z, 0, S, 1), f.pick(Z, 1, H3V, 0)) // [Z1 Z2, S1 H^3]
  const XW = xAndDifference(f, t, H3V)
  const last = f.multiply(HR, f.pick(ZT, 0, XW, 1)) // [H Z1 Z2, R (V - X3)]
  f.storePoint('dst', 'ZY', f.pick(last, 0, f.subtract(last, ZT), 1))
  f.storePoint('dst', 'XX', f.pick(XW, 0, XW, 0))
}

/**
 * dst = p + q with q affine (the same with Z2 = 1), for p other than q and -q, and not infinity.
 * @param {Field} f
 */
export function addMixed(f) {
  const ZY = f.loadPoint('p', 'ZY'),
    XX = f.loadPoint('p', 'XX'),
    XY2 = f.loadPoint('q', 'XY')
  const squares = f.square(f.pick(ZY, 0, ZY, 0)) // [Z1^2, Z1^2]
  const B = f.multiply(squares, f.pick(XY2, 0, ZY, 0)) // [U2, Z1^3]
  const H = f.subtract(B, XX) // [U2 - X1, ]
  const C = f.multiply(f.pick(H, 0, XY2, 1), f.pick(ZY, 0, B, 1)) // [H Z1, S2 = Y2 Z1^3]
  const HR = f.pick(H, 0, f.subtract(C, ZY), 1) // [H, R = S2 - Y1]
  const t = f.square(HR)
  const H3V = f.multiply(f.pick(HR, 0, XX, 1), f.pick(t, 0, t, 0)) // [H^3, V = X1 H^2]
  const XW = xAndDifference(f, t, H3V)
  const last = f.multiply(f.pick(ZY, 1, HR, 1), f.pick(H3V, 0, XW, 1)) // [Y1 H^3, R (V - X3)]
  const Y3 = f.subtract(f.pick(last, 1, last, 1), f.pick(last, 0, last, 0))
  f.storePoint('dst', 'ZY', f.pick(C, 0, Y3, 1))
  f.storePoint('dst', 'XX', f.pick(XW, 0, XW, 0))
}

/**
 * [X3, V - X3] with X3 = R^2 - H^3 - 2 V.
 * @param {Field} f
 * @param {Pair} t [H^2, R^2]
 * @param {Pair} H3V [H^3, V]
 */
function xAndDifference(f, t, H3V) {
  const V = f.pick(H3V, 1, H3V, 1)
  const X3 = f.subtract(f.subtract(f.pick(t, 1, t, 1), f.pick(H3V, 0, H3V, 0)), f.times(2, V))
  return f.pick(X3, 0, f.subtract(V, X3), 1)
}

/**
 * dst = p + q in homogeneous coordinates, whatever p and q are: equal, opposite, infinity (J. Renes, C. Costello,
 * L. Batina, "Complete addition formulas for prime order elliptic curves", EUROCRYPT 2016, algorithm 4, a = -3).
 * @param {Field} f
 */
export function addComplete(f) {
  const ZY1 = f.loadPoint('p', 'HZY'),
    XX1 = f.loadPoint('p', 'HXX')
  const ZY2 = f.loadPoint('q', 'HZY'),
    XX2 = f.loadPoint('q', 'HXX')
  const b = f.constantPair('CURVE_B')
  const zzyy = f.multiply(ZY1, ZY2) // [Z1 Z2, Y1 Y2]
  const ZX1 = f.pick(ZY1, 0, XX1, 1),
    ZX2 = f.pick(ZY2, 0, XX2, 1)
  const YY1 = f.pick(ZY1, 1, ZY1, 1),
    YY2 = f.pick(ZY2, 1, ZY2, 1)
  const ZZ1 = f.pick(ZY1, 0, ZY1, 0),
    ZZ2 = f.pick(ZY2, 0, ZY2, 0)
  const crossed = f.multiply(f.add(ZX1, YY1), f.add(ZX2, YY2)) // [(Z1+Y1)(Z2+Y2), (X1+Y1)(X2+Y2)]
  const xz = f.multiply(f.pick(f.add(XX1, ZZ1), 0, XX1, 1), f.pick(f.add(XX2, ZZ2), 0, XX2, 1)) // [(X1+Z1)(X2+Z2), xx]
  const xx = f.pick(xz, 1, xz, 1),
    yy = f.pick(zzyy, 1, zzyy, 1),
    zz = f.pick(zzyy, 0, zzyy, 0)
  const mixed = f.fold(f.subtract(f.subtract(crossed, yy), f.pick(zzyy, 0, xz, 1))) // [yz, xy] = [Y1Z2+Y2Z1, X1Y2+X2Y1]
  const xzOnly = f.subtract(f.subtract(f.pick(xz, 0, xz, 0), xx), zz) // X1 Z2 + X2 Z1
  const byB = f.multiply(b, f.fold(f.pick(zz, 0, xzOnly, 1))) // [b zz, b xz]
  const v = f.subtract(xzOnly, byB)
  const w = f.subtract(f.subtract(byB, f.times(3, zz)), xx)
  const vw = f.fold(f.times(3, f.pick(v, 0, w, 1))) // [v, w] = [3 (xz - b zz), 3 (b xz - 3 zz - xx)]
  const u = f.fold(f.times(3, f.subtract(xx, zz))) // 3 (xx - zz)
  const plus = f.add(yy, f.pick(vw, 0, vw, 0)),
    minus = f.subtract(yy, f.pick(vw, 0, vw, 0)) // yy + v, yy - v
  const forX = f.multiply(f.pick(mixed, 1, mixed, 0), f.pick(plus, 0, vw, 1)) // [xy (yy + v), yz w]
  const forY = f.multiply(f.pick(plus, 0, u, 1), f.pick(minus, 0, vw, 1)) // [(yy + v) (yy - v), u w]
  const forZ = f.multiply(mixed, f.pick(minus, 0, u, 1)) // [yz (yy - v), xy u]
  const X3 = f.subtract(f.pick(forX, 0, forX, 0), f.pick(forX, 1, forX, 1))
  const ZY3 = f.add(f.pick(forZ, 0, forY, 0), f.pick(forZ, 1, forY, 1))
  f.storePoint('dst', 'HZY', ZY3)
  f.storePoint('dst', 'HXX', X3)
}

/**
 * dst = p, from Jacobian to homogeneous coordinates: (X Z : Y : Z^3).
 * @param {Field} f
 */
export function toHomogeneous(f) {
  const ZY = f.loadPoint('p', 'ZY'),
    XX = f.loadPoint('p', 'XX')
  const ZZ = f.pick(ZY, 0, ZY, 0)
  const t = f.multiply(ZZ, f.pick(ZY, 0, XX, 1)) // [Z^2, X Z]
  const cube = f.multiply(t, ZZ) // [Z^3, ]
  f.storePoint('dst', 'HZY', f.pick(cube, 0, ZY, 1))
  f.storePoint('dst', 'HXX', f.pick(t, 1, t, 1))
}

/**
 * dst = twice y^2 - (x^3 - 3 x + b) of an affine point: zero, modulo p, on the curve.
 * @param {Field} f
 */
export function curveEquation(f) {
  const XY = f.loadPoint('p', 'XY')
  const squares = f.square(XY)
  const cubes = f.multiply(squares, XY)
  const right = f.add(f.subtract(cubes, f.times(3, XY)), f.constantPair('CURVE_B'))
  const difference = f.subtract(f.pick(squares, 1, squares, 1), right)
  f.store('dst', f.pick(difference, 0, difference, 0))
}

/**
 * dst = [1 / x, the same] of a pair [x, ], as x^(p-2) (Fermat); zero for zero. The exponent is taken in runs of ones, from the
 * top; the power to a run of n ones comes from those to about n/2.
 * @param {import('./scalar-field.mjs').ScalarField} f
 */
export function inverse(f) {
  const pair = f.loadPoint('p', 'XY')
  const x = f.pick(pair, 0, pair, 0)
  /** @type {(n: number) => Pair} */
  const ones = (n) => {
    if (n === 1) return x
    const half = ones(Math.floor(n / 2))
    const even = f.multiply(f.squareTimes(half, Math.floor(n / 2)), half)
    return n % 2 === 0 ? even : f.multiply(f.squareTimes(even, 1), x)
  }
  const [first = '', ...rest] = (f.p - 2n).toString(2).match(/1+|0+/g) ?? []
  const power = rest.reduce((power, run) => {
    const shifted = f.squareTimes(power, run.length)
    return run.startsWith('1') ? f.multiply(shifted, ones(run.length)) : shifted
  }, ones(first.length))
  f.storePoint('dst', 'XY', power)
}
