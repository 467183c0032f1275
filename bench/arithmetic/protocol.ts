import type { Group } from '../../bindings/engine/engine.js'
import {
  Issuer,
  IssuerParameters,
  Prover,
  presentToken,
  SoftwareDevice,
  verifyPresentation,
  type IssuedToken,
  type Revision,
} from '../../src/index.js'
import type { RecommendedParameters } from '../../src/params/recommended.js'
import { cycle, tableLimit } from './arithmetic.js'
import { measurement, type Measurement, type Weights } from '../timing/measurement.js'
import type { PartialTiming } from '../timing/schedule.js'
import type { Subject, SubjectName } from '../timing/subjects.js'

export const revisions = [1, 3] as const satisfies readonly Revision[]

const thisLibrary = { Issuer, IssuerParameters, Prover, presentToken, SoftwareDevice, verifyPresentation }
/** What is measured of the library, in this version or another. */
export type Library = typeof thisLibrary

/** The sizes of the batches of the Issuer and of the Prover. */
export interface Batches {
  readonly issue: readonly number[]
  readonly obtain: readonly number[]
}

/** For square-and-multiply the largest would take too long. */
function usualBatches({ backend }: SubjectName): Batches {
  return backend === 'bigint-plain'
    ? { issue: [1, 10, 100], obtain: [20] }
    : { issue: [1, 10, 100, 1000], obtain: [100] }
}

/** Tokens that are presented and verified in turn. */
const tokenCount = 8

const allowVariableTime = true
const message = crypto.getRandomValues(new Uint8Array(32))
const disclosed = [1, 2]

let serial = 0
/** Five attributes that no batch had before, so that nothing is left over from an earlier one. */
function freshAttributes(): string[] {
  return [`serial ${serial++}`, 'Alice Example', '1970-01-01', 'member', 'Example Limited']
}

/** An Issuer, and the same Issuer on other engines. */
export interface IssuerSource {
  readonly revision: Revision
  readonly library: Library
  issuerOn(group: Group, allowVariableTime: boolean): Issuer
  parametersOn(group: Group): IssuerParameters
  /** On the reference engine: serves Provers whose work is measured. */
  readonly reference: Issuer
}

/** A new Issuer of five hashed attributes on the reference group; its tables may have 2 MiB each. */
export function createIssuerSource(
  set: RecommendedParameters,
  group: Group,
  revision: Revision,
  library = thisLibrary,
): IssuerSource {
  const { Issuer, IssuerParameters } = library
  const options = { recommended: set, allowLegacy: true, ...tableLimit }
  const reference = Issuer.create(group, {
    uid: 'urn:example:issuer',
    attributes: 5,
    device: true,
    revision,
    ...options,
    allowVariableTime,
  })
  const values = reference.parameters.values()
  const key = reference.exportPrivateKey()
  const parametersOn = (own: Group): IssuerParameters => IssuerParameters.verify(own, values, options)
  return {
    revision,
    library,
    reference,
    parametersOn,
    issuerOn: (own) => Issuer.fromPrivateKey(parametersOn(own), key, { allowVariableTime }),
  }
}

/** Every step of the protocols of one revision. */
export function protocolMeasurements(
  set: RecommendedParameters,
  subject: SubjectName,
  group: Group,
  source: IssuerSource,
  batches = usualBatches(subject),
): Measurement[] {
  const parameters = source.parametersOn(group)
  const measure = (name: string, run: () => unknown, weights?: Weights): Measurement =>
    measurement(set.name, subject, nameOf(name, source.revision), run, weights)

  const issuer = source.issuerOn(group, true)
  const issue = batches.issue.map((count) =>
    measure(`issue ${count}`, issueBatch(issuer, count), { operations: count, weight: count === 1000 ? 2 : 0.5 }),
  )
  const obtain = batches.obtain.map((count) =>
    measure(`obtain ${count}`, () => obtainBatch(parameters, source, count), {
      operations: count,
      weight: 2,
    }),
  )
  return [...issue, ...obtain, ...presentations(parameters, source, measure)]
}

/** The name of a protocol step as results have it. */
export function nameOf(step: string, revision: Revision): string {
  return `${step} R${revision}`
}

/** All that an Issuer does for a batch: the first message, and the third. */
export function issueBatch(issuer: Issuer, count: number): () => unknown {
  const { scalars } = issuer.parameters.group
  const sigmaC = Array.from({ length: count }, () => scalars.random())
  return () => issuer.begin({ attributes: freshAttributes(), count }).respond({ sigmaC })
}

/** All that a Prover does for a batch; the Issuer's part is not counted. `now` is a clock in ms. */
export function obtainBatch(
  parameters: IssuerParameters,
  { reference, library }: IssuerSource,
  count: number,
  now = () => performance.now(),
): PartialTiming {
  const contents = { attributes: freshAttributes(), count }
  const begin = now()
  const issuing = reference.begin(contents)
  const proverBegins = now()
  const prover = library.Prover.begin(parameters, { ...contents, allowVariableTime })
  const message2 = prover.respond(issuing.message1)
  const proverWaits = now()
  const message3 = issuing.respond(message2)
  const proverResumes = now()
  prover.finish(message3)
  const end = now()
  return {
    overriddenDuration: proverWaits - proverBegins + (end - proverResumes),
    overriddenIterationCost: end - begin,
  }
}

/** Presentation with two of five attributes disclosed, and verification of token and proof. */
function presentations(
  parameters: IssuerParameters,
  { reference, library: { Prover, presentToken, verifyPresentation } }: IssuerSource,
  measure: (name: string, run: () => unknown, weights?: Weights) => Measurement,
): Measurement[] {
  const contents = { attributes: freshAttributes(), count: tokenCount }
  const issuing = reference.begin(contents)
  const prover = Prover.begin(parameters, { ...contents, allowVariableTime })
  const message3 = issuing.respond(prover.respond(issuing.message1))
  const tokens = prover.finish(message3, { keepTables: true })
  // What the library knows of a token goes with the object: what a copy certifies is checked at its first presentation, and it
  // has no table.
  const copyOf = ({ token, privateKey }: IssuedToken): IssuedToken => ({ token, privateKey })
  const { attributes } = contents
  const copies = tokens.map(copyOf)
  const present = (token: IssuedToken) =>
    presentToken(parameters, token, { attributes, disclosed, message, allowVariableTime }).proof
  const nextToken = cycle(tokens)
  const nextPresented = cycle(tokens.map((issued) => ({ token: issued.token, proof: present(issued) })))
  const verify = (): void => {
    const { token, proof } = nextPresented()
    const result = verifyPresentation(parameters, token, proof, { message })
    if (!result.valid) throw new Error(`a presentation was refused: ${result.code}`)
  }
  for (const token of copies) present(token)
  const nextCopy = cycle(copies)
  return [
    measure('present', () => present(nextToken()), { weight: 2 }),
    measure('present, no table', () => present(nextCopy()), { weight: 2 }),
    measure('present, from storage', () => present(copyOf(nextToken())), { weight: 2 }),
    measure('verify', verify, { weight: 2 }),
  ]
}

/** A Device's part of a presentation: commitment and response. */
export function deviceMeasurement(set: RecommendedParameters, subject: Subject, group: Group): Measurement {
  const device = SoftwareDevice.create(group, set.gd, { allowVariableTime })
  const challenge = { revision: 3, hash: 'SHA-256', digest: new Uint8Array(32), message: null } as const
  return measurement(set.name, subject, 'device', () => device.begin().respond(challenge))
}
