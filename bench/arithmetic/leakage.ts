import { Moments, percentile, welch } from '../timing/statistics.js'
import { itemAt } from '../../bindings/octets/lists.js'

/** Beyond this, times are taken to depend on the class. */
export const alarm = 4.5

/** How many crops are tried, and how many times must be left for one to count. */
const crops = 100
const enough = 10_000

/** The strongest sign that the times of two classes differ. */
export interface Leakage {
  /** Welch's t of the test in which it is largest, with its sign. */
  readonly t: number
  /** Which test: the percentile above which times were left out, or 100 for none; 'variance' for the second-order test. */
  readonly test: number | 'variance'
  /** By how much the means of the times of that test differ, in their unit; of the squares for 'variance'. */
  readonly difference: number
}

/**
 * Tests in the manner of dudect (O. Reparaz, J. Balasch, I. Verbauwhede, 2017) whether times depend on the class: Welch's
 * t-test on all times, on those below each of 100 percentiles (long times come from interruptions, not from the class), and on
 * the squared distances from the mean.
 *
 * @param classes 0 or 1 for each time
 */
export function leakageOf(times: Float64Array, classes: Uint8Array): Leakage {
  const ascending = times.slice().sort()
  const percentiles = Array.from({ length: crops }, (_, i) => 100 * (1 - 0.5 ** ((10 * (i + 1)) / crops)))
  const tests: Leakage[] = [{ ...compare(times, classes, Infinity), test: 100 }]
  for (const p of percentiles) {
    if ((p / 100) * times.length < enough) continue
    tests.push({ ...compare(times, classes, percentile(ascending, p)), test: p })
  }
  const all = new Moments()
  for (const time of times) all.add(time)
  const squares = times.map((time) => (time - all.mean) ** 2)
  tests.push({ ...compare(squares, classes, Infinity), test: 'variance' })
  return tests.reduce((strongest, one) => (Math.abs(one.t) > Math.abs(strongest.t) ? one : strongest))
}

/** Welch's t of the times below a limit, and the difference of their means. */
function compare(times: Float64Array, classes: Uint8Array, limit: number): Pick<Leakage, 't' | 'difference'> {
  const [zero, one] = [new Moments(), new Moments()]
  for (let i = 0; i < times.length; i++)
    if (itemAt(times, i) < limit) (itemAt(classes, i) === 0 ? zero : one).add(itemAt(times, i))
  const t = welch(zero, one)
  return { t: Number.isNaN(t) ? 0 : t, difference: zero.mean - one.mean }
}
