/** Percentiles of a sample, in its unit. */
export interface Summary {
  readonly median: number
  readonly p5: number
  readonly p10: number
  readonly p95: number
  /** The number of values. */
  readonly samples: number
}

/** The p-th percentile (0 to 100) of ascending values, interpolated between neighbours; NaN if there are none. */
export function percentile(ascending: ArrayLike<number>, p: number): number {
  const position = ((ascending.length - 1) * p) / 100
  const below = Math.floor(position)
  const [low, high] = [ascending[below] ?? NaN, ascending[Math.ceil(position)] ?? NaN]
  return low + (high - low) * (position - below)
}

/** Percentiles of values in any order. */
export function summarise(values: readonly number[]): Summary {
  const ascending = Float64Array.from(values).sort()
  const [median, p5, p10, p95] = [50, 5, 10, 95].map((p) => percentile(ascending, p)) as [
    number,
    number,
    number,
    number,
  ]
  return { median, p5, p10, p95, samples: values.length }
}

/** How many times faster one thing is than another. */
export interface Ratio {
  /** Of the 10th percentiles. */
  readonly ratio: number
  /** The least and the greatest ratio in parts of the measurement. */
  readonly least: number
  readonly most: number
}

/**
 * How many times less time `after` took than `before`, both in the order of measurement and spread over the same time. Its spread
 * comes from parts of that time, five if there are enough values.
 */
export function ratioOf(before: readonly number[], after: readonly number[]): Ratio {
  const parts = Math.min(5, before.length, after.length)
  const partOf = (values: readonly number[], part: number): readonly number[] =>
    values.slice(Math.floor((part * values.length) / parts), Math.floor(((part + 1) * values.length) / parts))
  const quotient = (a: readonly number[], b: readonly number[]): number => summarise(a).p10 / summarise(b).p10
  const ratios = Array.from({ length: parts }, (_, part) => quotient(partOf(before, part), partOf(after, part)))
  return { ratio: quotient(before, after), least: Math.min(...ratios), most: Math.max(...ratios) }
}

/** Count, mean and variance of a stream of values (B. P. Welford). */
export class Moments {
  count = 0
  mean = 0
  #squares = 0

  /** Takes in one more value. */
  add(value: number): void {
    this.count++
    const difference = value - this.mean
    this.mean += difference / this.count
    this.#squares += difference * (value - this.mean)
  }

  /** Of the sample, unbiased; NaN for fewer than two values. */
  get variance(): number {
    return this.count < 2 ? NaN : this.#squares / (this.count - 1)
  }
}

/** Welch's t for the means of two samples of unequal variance: 0 if they agree exactly, NaN for fewer than two values. */
export function welch(a: Moments, b: Moments): number {
  const difference = a.mean - b.mean
  const error = Math.sqrt(a.variance / a.count + b.variance / b.count)
  return difference === 0 && error === 0 ? 0 : difference / error
}
