import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import { parseJson, type JsonObject } from '../syntax/parse.js'
import { check, readObject } from '../syntax/reader.js'

/** The unit in which tokens say when they expire. */
export type ExpirationType = 'sec' | 'hour' | 'day' | 'week' | 'year'

/** The specification in Issuer parameters: what an application says about their tokens. */
export interface Specification {
  /** How many attributes tokens have, 0 to 50. */
  readonly n: number
  /** Needed for tokens that expire. */
  readonly expType?: ExpirationType
  /** Members of the application, such as the names of the attributes. */
  readonly [member: string]: unknown
}

const HOUR = 3_600_000
/**
 * A unit in milliseconds. How long a year is, the framework does not say. Microsoft's implementation takes 52 weeks; that is the
 * shortest reading, with which no token lives longer than its Issuer meant.
 */
const MILLISECONDS: Readonly<Record<ExpirationType, number>> = {
  ...{ sec: 1000, hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR },
  year: 52 * 7 * 24 * HOUR,
}

/** The length of a unit in milliseconds. Throws `JsonError` (`json/expiration-type`). */
export function unitOf({ expType }: Specification): number {
  check(expType !== undefined, 'json/expiration-type')
  return MILLISECONDS[expType]
}

/** Checks a specification that is about to be issued under. Throws `JsonError` (`json/expiration-year`, like `readSpecification`). */
export function writeSpecification(specification: Specification): string {
  const text = JSON.stringify(specification)
  check(readSpecification(text).expType !== 'year', 'json/expiration-year')
  return text
}

/** S, read. Throws `JsonError` (`json/specification`, `json/expiration-type`, `json/...` of `parseJson`). */
export function readSpecification(document: string | Uint8Array): Specification {
  const { n, expType, ...members }: JsonObject = readObject(parseJson(document), 'any')
  check(typeof n === 'number' && Number.isInteger(n) && n >= 0 && n <= 50, 'json/specification')
  check(expType === undefined || isExpirationType(expType), 'json/expiration-type')
  return { n, expType, ...members }
}

function isExpirationType(value: unknown): value is ExpirationType {
  return typeof value === 'string' && Object.keys(MILLISECONDS).includes(value)
}

const known = new WeakMap<IssuerParameters, Specification>()

/**
 * The specification of Issuer parameters, read from their S, which stays as it was received: its octets are hashed.
 * Throws `JsonError` (`json/specification`, `json/expiration-type`, `json/...` of `parseJson`).
 */
export function specificationOf(parameters: IssuerParameters): Specification {
  let specification = known.get(parameters)
  if (specification === undefined) {
    specification = readSpecification(parameters.specification)
    known.set(parameters, specification)
  }
  return specification
}
