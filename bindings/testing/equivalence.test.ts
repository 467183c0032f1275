import { describe, expect, it } from 'vitest'
import { createBigintEngine } from '../subgroup/bigint.js'
import { isZero, toBigint } from '../octets/integers.js'
import type { Engine, Scalar, Subgroup } from '../engine/engine.js'
import { powerModulo } from '../engine/power.js'
import { expectEquivalent, expectUnusableAfterDispose } from './equivalence.js'
import { customGroups } from './groups.js'

const description = customGroups['1024/160 high']!

/** A bigint engine whose groups are spoilt. */
function spoilt(spoil: (group: Subgroup) => void): Engine {
  const engine = createBigintEngine()
  const subgroup = engine.subgroup.bind(engine)
  engine.subgroup = (...args) => {
    const group = subgroup(...args)
    spoil(group)
    return group
  }
  return engine
}

describe('expectEquivalent notices', () => {
  it.each<[string, (group: Subgroup) => void]>([
    [
      'an exponentiation that is wrong for 0',
      (group) => {
        const right = group.exponentiate.bind(group)
        group.exponentiate = (base, e) => right(base, isZero(e) ? group.scalars.one : e)
      },
    ],
    [
      'a product that is wrong for p-1',
      (group) => {
        const right = group.multiply.bind(group)
        group.multiply = (a, b) => (toBigint(a) === group.p - 1n ? right(b, b) : right(a, b))
      },
    ],
    [
      'a membership test that elements of order 2 pass',
      (group) => {
        const right = group.isMember.bind(group)
        group.isMember = (x) =>
          right(x) || (x.length === group.elementLength && powerModulo(toBigint(x), 2n * group.q, group.p) === 1n)
      },
    ],
    [
      'an entry that takes q for a scalar',
      (group) => {
        const right = group.scalars.from.bind(group.scalars)
        group.scalars.from = (octets) => (toBigint(octets) === group.q ? group.scalars.zero : right(octets))
      },
    ],
    [
      'an entry that does not copy',
      (group) => {
        const right = group.scalars.from.bind(group.scalars)
        group.scalars.from = (octets) => {
          right(octets)
          return octets as Scalar
        }
      },
    ],
    [
      'a constant that is handed out more than once',
      (group) => Object.defineProperty(group.scalars, 'one', { value: group.scalars.one }),
    ],
    [
      'a sum that wipes its argument',
      (group) => {
        const right = group.scalars.add.bind(group.scalars)
        group.scalars.add = (a, b) => {
          const sum = right(a, b)
          a.fill(0)
          return sum
        }
      },
    ],
  ])('%s', (_, spoil) => {
    expect(() => expectEquivalent(spoilt(spoil), createBigintEngine(), description)).toThrow()
  })
})

describe('expectUnusableAfterDispose notices', () => {
  it('an engine that works on', () => {
    const create = (): Engine => spoilt((group) => (group.dispose = () => undefined))
    expect(() => expectUnusableAfterDispose(create, description)).toThrow(/after dispose of group/)
  })
})
