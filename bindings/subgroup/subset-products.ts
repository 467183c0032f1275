import type { ClaimedProducts, Group, Scalar } from '../engine/engine.js'
import { checkSameCount } from '../engine/operands.js'
import { toBigint, toFixedWidth } from '../octets/integers.js'
import { itemAt } from '../octets/lists.js'
import { equalOctets } from '../octets/octets.js'
import { systemRandom } from '../octets/random.js'
import type { SubgroupMemory } from './subgroup-memory.js'
import { draws, subsetProductsVartime } from './vartime-products.js'

/**
 * `Group.areProductsVartime` for many values of a subgroup of Z_p*: compares the products of 64 random subsets of the values with the
 * products for the sums of their exponents. A value may be any number from 1 to p - 1.
 *
 * Let e_i be the quotient of value i and its product. If e_i is not 1, then whichever other values are in a subset, its products are
 * equal with i or without i, but not both: each subset shows the error with probability 1/2 at least, whatever the order of e_i, and
 * all hide it with probability 2^-64 at most. Random exponents in place of subsets would not do: an e_i of order 2 hides behind every
 * even one. All claims are compared in the same subsets, which are drawn when all values are there.
 */
export function areProductsOfSubsets(
  group: Pick<Group, 'q' | 'scalarLength' | 'multiExponentiateVartime'>,
  memory: SubgroupMemory,
  claims: readonly ClaimedProducts[],
  exponents: readonly (readonly Scalar[])[],
): boolean {
  for (const { values } of claims) checkSameCount(values, exponents)
  const patterns = new Uint8Array(draws * exponents.length)
  systemRandom.fill(patterns)
  const rows = exponents.map((row) => row.map(toBigint))
  const sums = Array.from({ length: 8 * draws }, (_, subset) => {
    const own = rows.filter((_, i) => (itemAt(patterns, (subset >> 3) * rows.length + i) >> (subset & 7)) & 1)
    return itemAt(rows, 0).map((_, j) => {
      const sum = own.reduce((sum, row) => sum + itemAt(row, j), 0n)
      return toFixedWidth(sum % group.q, group.scalarLength) as Scalar
    })
  })
  return claims.every(({ values, bases }) =>
    subsetProductsVartime(memory, values, patterns).every((product, subset) =>
      equalOctets(product, group.multiExponentiateVartime(bases, itemAt(sums, subset))),
    ),
  )
}
