import type { Element, Scalar } from '../../bindings/engine/engine.js'
import { limits, wipeAll, wipeOnFailure } from '../../bindings/octets/octets.js'
import type { JsonInput } from '../json/syntax/reader.js'
import { hashFunction } from '../hash/index.js'
import type { IssuerParameters } from '../uprove/parameters/parameters.js'
import type { CommitmentOpening } from '../uprove/presentation/presentation.js'
import {
  checkIndices,
  checkProofShape,
  type CommitmentProof,
  type DisclosedAttribute,
  type PresentationProof,
  type PseudonymProof,
  type PseudonymSource,
} from '../uprove/presentation/proof.js'
import {
  integer,
  list,
  nullable,
  object,
  octets,
  optional,
  readArtefact,
  writeArtefact,
  type ArtefactJson,
  type Form,
} from './form.js'

const source: Form<PseudonymSource> = {
  write: (value) => value,
  read: (json) => (json === 'device' ? json : integer.read(json)),
}

function proofForm({ group, hash }: IssuerParameters): Form<PresentationProof> {
  const [element, scalar] = [octets(group.elementLength), octets(group.scalarLength)]
  const digest = octets(hashFunction(hash).outputLen)
  const disclosed = object<DisclosedAttribute>({ index: integer, attribute: nullable(octets()) })
  const pseudonym = object<PseudonymProof>({ source, aP: digest, pS: element })
  const commitment = object<CommitmentProof>({ index: integer, cTilde: element, aTilde: digest, rTilde: scalar })
  return object<PresentationProof>({
    ...{ disclosed: list(disclosed, limits.attributes), a: digest, r0: scalar, r: list(scalar, limits.attributes) },
    ...{ rd: optional(scalar), pseudonym: optional(pseudonym), commitments: list(commitment, limits.attributes) },
  })
}

/** A presentation proof in JSON. Throws `InvalidInputError` (`presentation/...`, `octets/type`, `element/length`, `scalar/length`). */
export function proofToJson(parameters: IssuerParameters, proof: PresentationProof): ArtefactJson<'uprove/proof'> {
  checkProofShape(parameters, proof)
  return writeArtefact('uprove/proof', proofForm(parameters), proof)
}

/**
 * Reads a presentation proof; `verifyPresentation()` verifies it.
 * Throws `JsonError` (`json/...`), `InvalidInputError` (`presentation/indices`, `presentation/shape`).
 */
export function proofFromJson(parameters: IssuerParameters, input: JsonInput): PresentationProof {
  const proof = readArtefact('uprove/proof', proofForm(parameters), input)
  checkProofShape(parameters, proof)
  return proof
}

function pseudonymForm({ group }: IssuerParameters): Form<{ readonly pS: Uint8Array }> {
  return object<{ readonly pS: Uint8Array }>({ pS: octets(group.elementLength) })
}

/**
 * A pseudonym P_s in JSON, as `verifyPresentation()` gives it: by it a Verifier knows a holder again in one scope. Equal pseudonyms
 * have equal JSON. Throws `InvalidInputError` (`octets/type`).
 */
export function pseudonymToJson(parameters: IssuerParameters, pS: Uint8Array): ArtefactJson<'uprove/pseudonym'> {
  return writeArtefact('uprove/pseudonym', pseudonymForm(parameters), { pS })
}

/** Reads a pseudonym. Throws `JsonError` (`json/...`), `InvalidInputError` (`element/...`). */
export function pseudonymFromJson(parameters: IssuerParameters, input: JsonInput): Element {
  return parameters.group.element(readArtefact('uprove/pseudonym', pseudonymForm(parameters), input).pS)
}

interface Commitment {
  readonly index: number
  readonly cTilde: Uint8Array
}

function commitmentsForm({ group }: IssuerParameters): Form<{ readonly commitments: readonly Commitment[] }> {
  const commitment = object<Commitment>({ index: integer, cTilde: octets(group.elementLength) })
  return object<{ readonly commitments: readonly Commitment[] }>({ commitments: list(commitment, limits.attributes) })
}

/** The commitments c~_i in JSON, as `verifyPresentation()` gives them. Throws `InvalidInputError` (`octets/type`). */
export function commitmentsToJson(
  parameters: IssuerParameters,
  commitments: ReadonlyMap<number, Uint8Array>,
): ArtefactJson<'uprove/commitments'> {
  const all = [...commitments].map(([index, cTilde]) => ({ index, cTilde }))
  return writeArtefact('uprove/commitments', commitmentsForm(parameters), { commitments: all })
}

/** Reads commitments. Throws `JsonError` (`json/...`), `InvalidInputError` (`presentation/indices`, `element/...`). */
export function commitmentsFromJson(parameters: IssuerParameters, input: JsonInput): Map<number, Element> {
  const { commitments } = readArtefact('uprove/commitments', commitmentsForm(parameters), input)
  const indices = commitments.map(({ index }) => index)
  checkIndices(indices, parameters.n)
  return new Map(commitments.map(({ index, cTilde }) => [index, parameters.group.element(cTilde)]))
}

interface Opening {
  readonly index: number
  readonly x: Uint8Array
  readonly opening: Uint8Array
}

function openingsForm({ group }: IssuerParameters): Form<{ readonly openings: readonly Opening[] }> {
  const scalar = octets(group.scalarLength)
  const opening = object<Opening>({ index: integer, x: scalar, opening: scalar })
  return object<{ readonly openings: readonly Opening[] }>({ openings: list(opening, limits.attributes) })
}

/**
 * **Secret.** The openings of commitments in JSON, as `presentToken()` gives them: they tell the committed attributes. A string
 * cannot be wiped: encrypt it where it is kept, and let go of it. Throws `InvalidInputError` (`octets/type`).
 */
export function secretOpeningsToJson(
  parameters: IssuerParameters,
  openings: readonly CommitmentOpening[],
): ArtefactJson<'uprove/secret-openings'> {
  return writeArtefact('uprove/secret-openings', openingsForm(parameters), { openings })
}

/** Reads openings. Throws `JsonError` (`json/...`), `InvalidInputError` (`presentation/indices`, `scalar/range`). */
export function secretOpeningsFromJson(parameters: IssuerParameters, input: JsonInput): CommitmentOpening[] {
  const { group, n } = parameters
  const { openings } = readArtefact('uprove/secret-openings', openingsForm(parameters), input)
  try {
    const indices = openings.map(({ index }) => index)
    checkIndices(indices, n)
    return wipeOnFailure((keep) => {
      const scalar = (octetsRead: Uint8Array): Scalar => keep(group.scalars.from(octetsRead))
      return openings.map(({ index, x, opening }) => ({ index, x: scalar(x), opening: scalar(opening) }))
    })
  } finally {
    for (const { x, opening } of openings) wipeAll([x, opening])
  }
}
