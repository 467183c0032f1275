import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import { check } from '../syntax/reader.js'

/** The widths of the values of an algorithm, in octets. */
export interface Widths {
  readonly elementLength: number
  readonly scalarLength: number
  readonly digestLength: number
}

/** `alg`: the curve and the hash together. */
export type JsonAlgorithm = 'UP256' | 'UP384' | 'UP521'

interface Description extends Widths {
  /** The name of the curve. */
  readonly curve: string
  /** UID_H. */
  readonly hash: string
}

const ALGORITHMS: Readonly<Record<JsonAlgorithm, Description>> = {
  UP256: { curve: 'P-256', hash: 'SHA-256', elementLength: 65, scalarLength: 32, digestLength: 32 },
  UP384: { curve: 'P-384', hash: 'SHA-384', elementLength: 97, scalarLength: 48, digestLength: 48 },
  UP521: { curve: 'P-521', hash: 'SHA-512', elementLength: 133, scalarLength: 66, digestLength: 64 },
}

/** Whether a value is an `alg` of the framework. */
export function isAlgorithm(value: unknown): value is JsonAlgorithm {
  return typeof value === 'string' && Object.keys(ALGORITHMS).includes(value)
}

/** What an `alg` stands for. */
export function descriptionOf(alg: JsonAlgorithm): Description {
  return ALGORITHMS[alg]
}

/** The `alg` of a curve by its name; undefined for others. */
export function algorithmOfCurve(name: string | undefined): JsonAlgorithm | undefined {
  return (Object.keys(ALGORITHMS) as JsonAlgorithm[]).find((alg) => ALGORITHMS[alg].curve === name)
}

/** The `alg` of Issuer parameters. Throws `JsonError` (`json/parameters`) for parameters that are not of the framework. */
export function algorithmOf({ group, hash, revision }: IssuerParameters): JsonAlgorithm {
  const alg = algorithmOfCurve(group.name)
  check(alg !== undefined && descriptionOf(alg).hash === hash && revision === 3, 'json/parameters')
  return alg
}
