import { describe, expect, it } from 'vitest'
import type { Scalar, ScalarField } from '../engine/engine.js'
import { Lifetime } from '../engine/lifetime.js'
import { loadInlinedKernel } from '../loading/inlined-kernels.js'
import { byteLength, toBigint, toFixedWidth } from '../octets/integers.js'
import { customGroups } from '../testing/groups.js'
import { curves } from '../testing/plain-curve.js'
import { BigintScalarField } from './bigint-scalars.js'
import { WasmScalarField } from './wasm-scalars.js'

const core = await loadInlinedKernel('simd')

const orders = {
  'of 160 bits': customGroups['1024/160 high']!.q,
  'of 171 bits': customGroups['1091/171']!.q,
  'of 224 bits, just above a power of two': customGroups['2048/224 low']!.q,
  'of P-256': curves['P-256'].q,
  'of P-521': curves['P-521'].q,
}
const makers: Record<string, (q: bigint, lifetime: Lifetime) => ScalarField> = {
  bigint: (q, lifetime) => new BigintScalarField(q, lifetime),
  wasm: (q, lifetime) => new WasmScalarField(core, q, lifetime),
}
const cases = Object.entries(makers).flatMap(([backend, make]) =>
  Object.entries(orders).map(([name, q]) => ({ backend, name, q, make })),
)

describe.each(cases)('numbers modulo a q $name on $backend', ({ q, make }) => {
  const field = make(q, new Lifetime('group'))
  const length = byteLength(q)
  const scalar = (value: bigint): Scalar => toFixedWidth(((value % q) + q) % q, length) as Scalar
  const values = [0n, 1n, 2n, q - 1n, q - 2n, q >> 1n, 0xffff_ffffn, 1n << 64n, q / 3n, (q / 3n) ** 3n % q]
  const pairs = values.flatMap((a) => values.map((b) => [a, b] as const))

  it('has 0 and 1, of the length of q', () => {
    expect([field.length, field.zero, field.one]).toEqual([length, scalar(0n), scalar(1n)])
  })

  it('adds, subtracts, multiplies, negates and inverts as BigInt does', () => {
    for (const [a, b] of pairs) {
      const [x, y] = [scalar(a), scalar(b)]
      expect(field.add(x, y)).toEqual(scalar(a + b))
      expect(field.subtract(x, y)).toEqual(scalar(a - b))
      expect(field.multiply(x, y)).toEqual(scalar(a * b))
      expect(field.multiplyAdd(x, y, scalar(a + 1n))).toEqual(scalar(a * b + a + 1n))
      expect([x, y]).toEqual([scalar(a), scalar(b)])
    }
    for (const a of values) {
      expect(field.negate(scalar(a))).toEqual(scalar(-a))
      if (a !== 0n) expect(field.multiply(field.invert(scalar(a)), scalar(a))).toEqual(scalar(1n))
    }
  })

  it.each([0, 1, length - 1, length, length + 1, 127, 128])('reduces %d octets', (octets) => {
    for (const fill of [0, 0x5a, 0xff]) {
      const given = new Uint8Array(octets).fill(fill)
      expect(field.reduce(given)).toEqual(scalar(toBigint(given)))
    }
  })

  it('draws at random, and takes what is below q', () => {
    const source = {
      fill(octets: Uint8Array) {
        octets.set(toFixedWidth(5n, octets.length))
      },
    }
    expect(field.random(source)).toEqual(scalar(5n))
    expect(field.random()).not.toEqual(field.random())
    const given = scalar(q - 1n)
    const taken = field.from(given)
    expect(taken).toEqual(given)
    expect(taken).not.toBe(given)
  })

  it('refuses operands of another length, and what is no number modulo q', () => {
    const code = (expected: string): unknown => expect.objectContaining({ code: expected })
    const one = field.one
    for (const other of [new Uint8Array(length - 1), new Uint8Array(length + 1)] as unknown as Scalar[]) {
      const uses = [
        () => field.add(other, one),
        () => field.add(one, other),
        () => field.subtract(other, one),
        () => field.subtract(one, other),
        () => field.negate(other),
        () => field.multiply(other, one),
        () => field.multiply(one, other),
        () => field.multiplyAdd(one, one, other),
        () => field.invert(other),
        () => field.from(other),
      ]
      for (const use of uses) expect(use).toThrow(code('scalar/length'))
    }
    expect(() => field.invert(field.zero)).toThrow(code('scalar/zero'))
    expect(() => field.from(toFixedWidth(q, length))).toThrow(code('scalar/range'))
    expect(() => field.reduce(new Uint8Array(129))).toThrow(code('scalar/length'))
    expect(() => field.reduce('12' as never)).toThrow(code('octets/type'))
    expect(() => field.invert([1] as never)).toThrow(code('octets/type'))
  })

  it('does nothing after the end of its group', () => {
    const lifetime = new Lifetime('group')
    const ended = make(q, lifetime)
    const one = ended.one
    lifetime.end()
    const uses = [
      () => ended.add(one, one),
      () => ended.subtract(one, one),
      () => ended.negate(one),
      () => ended.multiply(one, one),
      () => ended.multiplyAdd(one, one, one),
      () => ended.invert(one),
      () => ended.reduce(one),
      () => ended.random(),
      () => ended.from(one),
    ]
    for (const use of uses) expect(use).toThrow(expect.objectContaining({ code: 'engine/disposed' }))
  })
})

describe.each(Object.entries(orders))('the memory of numbers modulo a q %s', (_, q) => {
  const scalar = (value: bigint): Scalar => toFixedWidth(value % q, byteLength(q)) as Scalar

  it('holds nothing of operands and results after an operation', () => {
    const field = new WasmScalarField(core, q, new Lifetime('group'))
    const before = core.octets.slice()
    const a = scalar(q / 3n)
    for (const operation of [
      () => field.add(a, a),
      () => field.subtract(a, scalar(5n)),
      () => field.negate(a),
      () => field.multiply(a, a),
      () => field.multiplyAdd(a, a, a),
      () => field.invert(a),
      () => field.reduce(new Uint8Array(128).fill(0xff)),
    ]) {
      operation()
      expect(Buffer.compare(core.octets, before)).toBe(0)
    }
    field.dispose()
  })

  it('is given back and wiped at the end', () => {
    const before = core.allocatedBytes
    const held = core.octets.slice()
    const field = new WasmScalarField(core, q, new Lifetime('group'))
    expect(core.allocatedBytes).toBeGreaterThan(before)
    field.multiply(field.one, scalar(q / 3n))
    field.dispose()
    expect(core.allocatedBytes).toBe(before)
    expect(Buffer.compare(core.octets.subarray(0, held.length), held)).toBe(0)
    expect(core.octets.subarray(held.length).every((octet) => octet === 0)).toBe(true)
  })
})
