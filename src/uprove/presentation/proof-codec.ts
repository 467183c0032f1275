import { InvalidInputError } from '../../../bindings/errors.js'
import { hashFunction } from '../../hash/index.js'
import { limits } from '../../../bindings/octets/octets.js'
import { OctetReader, OctetWriter } from '../../../bindings/octets/octet-stream.js'
import type { IssuerParameters } from '../parameters/parameters.js'
import { checkProofShape, type PresentationProof } from './proof.js'

const proofVersion = 1

/** A presentation proof as octets. Throws `InvalidInputError` like `decodeProof`. */
export function encodeProof(parameters: IssuerParameters, proof: PresentationProof): Uint8Array {
  checkProofShape(parameters, proof)
  const { disclosed, a, r0, r, rd, pseudonym, commitments } = proof
  const writer = new OctetWriter()
    .byte(proofVersion)
    .list(disclosed, (list, { index, attribute }) => list.int(index).nullable(attribute))
    .raw(a)
    .raw(r0)
    .list(r, (list, response) => list.raw(response))
    .list(rd === undefined ? [] : [rd], (list, response) => list.raw(response))
    .list(pseudonym === undefined ? [] : [pseudonym], (list, { source, aP, pS }) =>
      list
        .int(source === 'device' ? 0 : source)
        .raw(aP)
        .raw(pS),
    )
  return writer
    .list(commitments, (list, { index, cTilde, aTilde, rTilde }) => list.int(index).raw(cTilde).raw(aTilde).raw(rTilde))
    .finish()
}

/**
 * Reads a presentation proof and checks its shape; `verifyPresentation()` verifies it. Throws `InvalidInputError`
 * (`presentation/...`, `octets/...`).
 */
export function decodeProof(parameters: IssuerParameters, octets: Uint8Array): PresentationProof {
  const { elementLength, scalarLength } = parameters.group
  const digestLength = hashFunction(parameters.hash).outputLen
  const reader = new OctetReader(octets)
  if (reader.byte() !== proofVersion) {
    throw new InvalidInputError('presentation/version', 'unknown version of a presentation proof')
  }
  const readScalar = (list: OctetReader): Uint8Array => list.raw(scalarLength)
  const fixed = {
    disclosed: reader.list(limits.attributes, (list) => ({ index: list.int(), attribute: list.nullable() })),
    a: reader.raw(digestLength),
    r0: readScalar(reader),
    r: reader.list(limits.attributes, readScalar),
  }
  const [rd] = reader.list(1, readScalar)
  const [pseudonym] = reader.list(1, (list) => ({
    source: list.int() || ('device' as const),
    aP: list.raw(digestLength),
    pS: list.raw(elementLength),
  }))
  const commitments = reader.list(limits.attributes, (list) => ({
    index: list.int(),
    cTilde: list.raw(elementLength),
    aTilde: list.raw(digestLength),
    rTilde: list.raw(scalarLength),
  }))
  reader.end()
  const proof = { ...fixed, rd, pseudonym, commitments }
  checkProofShape(parameters, proof)
  return proof
}
