import type { Group, Scalar, ScalarField } from '../../../bindings/engine/engine.js'
import type { HashFormat } from '../../hash/index.js'

/** Revision of the U-Prove Cryptographic Specification V1.1: 1 (2011, the WS-Trust profile) or 3 (2013, like 5 of 2023). */
export type Revision = 1 | 3

/** A disclosed attribute in a challenge: its index and x_i. */
export interface DisclosedValue {
  readonly index: number
  readonly x: Scalar
}

/** A commitment in a challenge: c~_i and a~_i. */
export interface CommitmentValue {
  readonly index: number
  readonly cTilde: Uint8Array
  readonly aTilde: Uint8Array
}

/** A pseudonym in a challenge: p' (0 for the Device's), a_p and P_s. */
export interface PseudonymValue {
  readonly attribute: number
  readonly aP: Uint8Array
  readonly pS: Uint8Array
}

/** The values that a presentation proof binds, before the Device's message. Indices ascend. */
export interface ChallengeInput {
  /** How elements are encoded. */
  readonly group: Pick<Group, 'encode'>
  readonly tokenIdentifier: Uint8Array
  readonly a: Uint8Array
  /** Number of attributes, n. */
  readonly n: number
  readonly disclosed: readonly DisclosedValue[]
  readonly commitments: readonly CommitmentValue[]
  readonly pseudonym: PseudonymValue | undefined
  /** m. */
  readonly message: Uint8Array | null
}

/** Begins a hash input with the given hash and zero encoding. */
export type BeginHash = () => HashFormat

/** Every difference between the revisions. UPCS-R1-and-R3. */
export interface RevisionRules {
  readonly revision: Revision
  /** Whether the Issuer computes sigma_z and sends it in message 1 (else the Prover computes it from the z values). */
  readonly issuerSendsSigmaZ: boolean
  /** Whether a zero-length hashed attribute counts as null, x = 0, instead of being hashed. */
  readonly zeroLengthIsNull: boolean
  /** Whether there are pseudonyms and commitments. */
  readonly extensions: boolean
  /** The digest that the Prover hands to the Device: m_d' in Revision 1, c_p in Revision 3. */
  challengeDigest(beginHash: BeginHash, input: ChallengeInput): Uint8Array
  /** c, from that digest and m_d. */
  challenge(
    beginHash: BeginHash,
    scalars: ScalarField,
    digest: Uint8Array,
    deviceMessage: Uint8Array | null,
    deviceProtected: boolean,
  ): Scalar
}
