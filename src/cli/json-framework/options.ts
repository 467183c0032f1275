import { UsageError } from '../errors.js'

/** The option that turns the commands of tokens to the JSON Framework. */
export const jsonFrameworkOption = {
  'json-framework': {
    type: 'boolean',
    description: 'over the U-Prove JSON Framework, on a curve, instead of WS-Trust',
  },
} as const

/** Throws `UsageError` if one of these options was given, which only WS-Trust has. */
export function refuseOptions(values: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  const given = names.find((name) => values[name] !== undefined)
  if (given !== undefined)
    throw new UsageError(`--${given} is for WS-Trust; the JSON Framework has nothing of the kind`)
}
