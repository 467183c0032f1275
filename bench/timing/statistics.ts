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
