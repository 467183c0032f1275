import type { ClaimedProducts, Element, Group, Scalar } from '../engine/engine.js'
import { checkSameCount } from '../engine/operands.js'
import { toBigint, toFixedWidth } from '../octets/integers.js'
import { itemAt } from '../octets/lists.js'
import { equalOctets } from '../octets/octets.js'
import { systemRandom } from '../octets/random.js'

/** Subsets are drawn eight at a time: an octet for each value, its pattern, whose bit b says whether it is in subset b. */
export const draws = 8

/** Of how many values subsets are drawn; it bounds the memory. */
const mostValues = 2048

/**
 * `Group.areProductsVartime` for many values of a subgroup of Z_p*: compares the products of 64 random subsets of the values with the
 * products for the sums of their exponents. A value may be any number below p.
 *
 * Let e_i be the quotient of value i and its product. If e_i is not 1, then whichever other values are in a subset, its products are
 * equal with i or without i, but not both: each subset shows the error with probability 1/2 at least, whatever the order of e_i, and
 * all hide it with probability 2^-64 at most. Random exponents in place of subsets would not do: an e_i of order 2 hides behind every
 * even one. All claims are compared in the same subsets, which are drawn when all values are there.
 *
 * @param subsetProducts  the products of the subsets of values that patterns select, draw by draw
 */
export function areProductsOfSubsets(
  group: Pick<Group, 'q' | 'scalarLength' | 'multiExponentiateVartime'>,
  claims: readonly ClaimedProducts[],
  exponents: readonly (readonly Scalar[])[],
  subsetProducts: (values: readonly Element[], patterns: Uint8Array) => Element[],
): boolean {
  for (const { values } of claims) checkSameCount(values, exponents)
  for (let start = 0; start < exponents.length; start += mostValues) {
    const end = start + mostValues
    const rows = exponents.slice(start, end).map((row) => row.map(toBigint))
    const patterns = new Uint8Array(draws * rows.length)
    systemRandom.fill(patterns)
    const isIn = (i: number, subset: number): boolean =>
      ((itemAt(patterns, (subset >> 3) * rows.length + i) >> (subset & 7)) & 1) === 1
    const sumOf = (subset: number, j: number): bigint =>
      rows.reduce((sum, row, i) => (isIn(i, subset) ? sum + itemAt(row, j) : sum), 0n)
    const sums = Array.from({ length: 8 * draws }, (_, subset) =>
      itemAt(rows, 0).map((_, j) => toFixedWidth(sumOf(subset, j) % group.q, group.scalarLength) as Scalar),
    )
    const areEqual = claims.every(({ values, bases }) =>
      subsetProducts(values.slice(start, end), patterns).every((product, subset) =>
        equalOctets(product, group.multiExponentiateVartime(bases, itemAt(sums, subset))),
      ),
    )
    if (!areEqual) return false
  }
  return true
}
