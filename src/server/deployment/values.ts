import type { ZodRawShape } from 'zod'
import { z } from '../packages.js'

// Values in the files of a deployment. Errors say what is allowed, and the nearest known name, never the value itself.

export const count = z.int().positive()
export const name = z.string().min(1).max(200)
export const uri = z.url()

/** `30d`, `12h`, `5m`, `90s`; in milliseconds. */
export const duration = z
  .string()
  .regex(/^[1-9]\d{0,5}[smhd]$/, 'must be a duration such as 30d, 12h, 5m or 90s')
  .transform(
    (text) =>
      Number(text.slice(0, -1)) * { s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[text.slice(-1) as 's' | 'm' | 'h' | 'd'],
  )

/** Settings by name, and no others. */
export function settings<S extends ZodRawShape>(shape: S) {
  const names = Object.keys(shape)
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined
      const keys = issue.keys as readonly string[]
      return keys.map((key) => `there is no setting ${key}; ${suggestion(key, names)}`).join('; ')
    },
  })
}

/** One of these words. */
export const choice = <const T extends readonly [string, ...string[]]>(words: T) =>
  z.enum(words, {
    error: ({ input }) => `${input === undefined ? 'is missing: ' : ''}must be ${listed(words)}${meant(input, words)}`,
  })

/** What a text probably stood for, or all that it could be. */
export function suggestion(text: string, names: readonly string[]): string {
  const near = nearest(text, names)
  return near === undefined ? `there are ${names.join(', ')}` : `did you mean ${near}?`
}

/** `; did you mean X?`, if there is such a word. */
export function meant(input: unknown, words: readonly string[]): string {
  const near = typeof input === 'string' ? nearest(input, words) : undefined
  return near === undefined ? '' : `; did you mean ${near}?`
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`
}

/** The name that differs in few characters: at most a third of the longer one. */
function nearest(text: string, names: readonly string[]): string | undefined {
  const wanted = text.slice(0, 60).toLowerCase()
  const rated = names.map((known) => ({ known, distance: distance(wanted, known.toLowerCase()) }))
  const [best] = rated.sort((a, b) => a.distance - b.distance)
  return best !== undefined && best.distance <= Math.max(wanted.length, best.known.length) / 3 ? best.known : undefined
}

/** How many characters to insert, delete or replace (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < to.length; j++) {
      const [left = 0, above = 0, diagonal = 0] = [next[j], row[j + 1], row[j]]
      next.push(Math.min(left + 1, above + 1, diagonal + (from[i] === to[j] ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
