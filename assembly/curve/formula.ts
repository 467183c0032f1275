/**
 * Formulas as tables of instructions, for the scalar kernel: they take half the bytes of calls, and time is spent on
 * products all the same. `scripts/curve` writes them.
 *
 * The first octet of a formula is the number of pairs that q has. Then come instructions of three octets: what to do,
 * and its operands; 0 is the end. The result is a new element, the next in the working memory:
 *
 *  0 to 3   1 and b of the curve, constants
 *  4 to 7   p
 *  8 to 11  q
 * 12, 13    working memory of the products
 * 14, ...   results, in the order of the instructions
 *
 * An operand of less than 14 is the number of an element; 14 is the latest result, 15 the one before, and so on.
 */
import { combineElements, multiplyElements, normaliseElement, PAIR_BYTES, SCRATCH } from './field'

// @ts-ignore: decorator
@inline const MULTIPLY: i32 = 1
// @ts-ignore: decorator
@inline const NORMALISE: i32 = 2
/** To the second power, as often as the second operand says. */
// @ts-ignore: decorator
@inline const SQUARE: i32 = 3
/** To the next element of dst, of which these come last: dst may be p or q. */
// @ts-ignore: decorator
@inline const COPY: i32 = 4
/** a + f b is the instruction of this number plus f, for f from -4 to 4. */
// @ts-ignore: decorator
@inline const COMBINE: i32 = 9

// @ts-ignore: decorator
@inline function place(base: usize, number: i32): usize {
  return base + (number >> 1) * PAIR_BYTES + ((number & 1) << 2)
}

// @ts-ignore: decorator
@inline function element(operand: i32, result: i32): usize {
  return place(SCRATCH - 2 * PAIR_BYTES, operand < 14 ? operand : result + 13 - operand)
}

/** Runs a formula. p is copied as two pairs: of one, what lies behind it is copied too, and not used. */
export function run(formula: usize, dst: usize, p: usize, q: usize): void {
  let result = 14,
    copied = 0
  memory.copy(SCRATCH, p, 2 * PAIR_BYTES)
  memory.copy(SCRATCH + 2 * PAIR_BYTES, q, load<u8>(formula) * PAIR_BYTES)
  for (formula++; ; formula += 3) {
    const operation = <i32>load<u8>(formula),
      second = <i32>load<u8>(formula, 2),
      a = element(load<u8>(formula, 1), result),
      b = element(second, result),
      to = element(14, ++result)
    if (operation == MULTIPLY) multiplyElements(to, a, b)
    else if (operation > COPY) combineElements(to, a, operation - COMBINE, b)
    else if (operation == NORMALISE) normaliseElement(to, a)
    else if (operation == COPY) combineElements(place(dst, copied++), a, 0, a)
    else if (operation == SQUARE) {
      combineElements(to, a, 0, a)
      for (let i = 0; i < second; i++) multiplyElements(to, to, to)
    } else return
  }
}
