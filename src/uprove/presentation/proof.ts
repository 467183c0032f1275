import { checkElementLength, checkScalarLength } from '../../../bindings/engine/operands.js'
import { hashFunction } from '../../hash/index.js'
import type { IssuerParameters } from '../parameters/parameters.js'
import { objectFrom, require, requireList, requireOctets } from '../../../bindings/octets/shape.js'

/** An attribute that a presentation discloses. */
export interface DisclosedAttribute {
  /** Counted from 1. */
  readonly index: number
  readonly attribute: Uint8Array | null
}

/** The secret that a pseudonym is derived from: an attribute, counted from 1, or the Device. */
export type PseudonymSource = number | 'device'

/** A scope-exclusive pseudonym with its part of the proof. Revision 3. */
export interface PseudonymProof {
  readonly source: PseudonymSource
  /** a_p. */
  readonly aP: Uint8Array
  /** P_s, the pseudonym. */
  readonly pS: Uint8Array
}

/** A commitment to an undisclosed attribute with its part of the proof. Revision 3. */
export interface CommitmentProof {
  readonly index: number
  /** c~_i = g^x_i g_1^o~_i, the commitment. */
  readonly cTilde: Uint8Array
  /** a~_i. */
  readonly aTilde: Uint8Array
  /** r~_i. */
  readonly rTilde: Uint8Array
}

/** A presentation proof as it is sent, beside its token. All lists ascend by attribute index. Section 7. */
export interface PresentationProof {
  /** D with {A_i, i in D}. */
  readonly disclosed: readonly DisclosedAttribute[]
  readonly a: Uint8Array
  readonly r0: Uint8Array
  /** {r_i, i in U}, for the attributes that are not disclosed. */
  readonly r: readonly Uint8Array[]
  /** r_d, for Device-protected tokens. */
  readonly rd?: Uint8Array
  readonly pseudonym?: PseudonymProof
  /** Those of C. */
  readonly commitments: readonly CommitmentProof[]
}

/** Checks that indices are in 1..n and ascend. Throws `InvalidInputError` (`presentation/indices`). */
export function checkIndices(indices: readonly number[], n: number): void {
  requireList(indices, 'presentation/indices', 'attribute indices')
  const ascend = indices.every((index, i) => Number.isInteger(index) && index > (indices[i - 1] ?? 0) && index <= n)
  require(ascend, 'presentation/indices', `attribute indices must ascend, each once, between 1 and ${n}`)
}

/** U = {1, ..., n} - D. */
export function undisclosedIndices(n: number, disclosed: readonly number[]): number[] {
  return Array.from({ length: n }, (_, i) => i + 1).filter((index) => !disclosed.includes(index))
}

/**
 * Checks the shape of a received proof: types, counts, indices and lengths.
 * Throws `InvalidInputError` (`presentation/indices`, `presentation/shape`, `octets/type`, `element/length`,
 * `scalar/length`).
 */
export function checkProofShape(parameters: IssuerParameters, proof: PresentationProof): void {
  const { group, n, hash } = parameters
  const code = 'presentation/shape'
  const checkDigest = (digest: Uint8Array): void => {
    requireOctets(digest, code, 'a digest')
    require(digest.length === hashFunction(hash).outputLen, code, 'a digest has the wrong length for its hash')
  }
  const indicesOf = (items: readonly { readonly index: number }[], what: string): number[] => {
    requireList(items, code, what)
    const indices = items.map((item) => objectFrom(item, code, `each of ${what}`).index)
    checkIndices(indices, n)
    return indices
  }
  const { disclosed, a, r0, r, rd, pseudonym, commitments } = objectFrom(proof, code, 'a proof')
  const disclosedIndices = indicesOf(disclosed, 'the disclosed attributes')
  const undisclosed = (index: number): boolean =>
    Number.isInteger(index) && index >= 1 && index <= n && !disclosedIndices.includes(index)

  indicesOf(commitments, 'the commitments')
  requireList(r, code, 'the responses')
  require(r.length === n - disclosed.length, code, 'there must be one response for each undisclosed attribute')
  for (const { attribute } of disclosed) if (attribute !== null) requireOctets(attribute, code, 'an attribute')
  checkDigest(a)
  for (const response of [r0, ...r, ...(rd === undefined ? [] : [rd])]) checkScalarLength(response, group.scalarLength)
  if (pseudonym !== undefined) {
    const { source, aP, pS } = objectFrom(pseudonym, code, 'a pseudonym')
    const hidden = source === 'device' ? rd !== undefined : undisclosed(source)
    require(hidden, code, 'a pseudonym must be derived from an undisclosed value')
    checkDigest(aP)
    checkElementLength(pS, group.elementLength)
  }
  for (const { index, cTilde, aTilde, rTilde } of commitments) {
    require(undisclosed(index), code, 'a commitment must be to an undisclosed attribute')
    checkElementLength(cTilde, group.elementLength)
    checkDigest(aTilde)
    checkScalarLength(rTilde, group.scalarLength)
  }
}
