import type {
  BackendName,
  Element,
  EngineOptions,
  FixedBaseOptions,
  KernelName,
  Scalar,
} from '../../../bindings/engine/engine.js'
import type { ProverContents } from '../../uprove/parameters/contents.js'
import type { Device, DeviceChallenge, DeviceCommitment } from '../../uprove/device/device.js'
import type { IssuanceMessage1 } from '../../uprove/issuance/messages.js'
import type { SentGroup } from './sent-group.js'
import type { IssuerParametersValues } from '../../uprove/parameters/parameters.js'
import type { Presentation } from '../../uprove/presentation/presentation.js'
import type { PresentationOptions } from '../../uprove/presentation/presentation-options.js'
import type { PresentationProof } from '../../uprove/presentation/proof.js'
import type { Refusal } from '../../uprove/token/refusal.js'
import type { IssuedToken, Token, TokenVerification } from '../../uprove/token/token.js'
import type { VerificationOptions, VerifiedPresentation } from '../../uprove/presentation/verification.js'
import type { TransferMessage } from './transfer-message.js'
import type { SentError } from './error-codec.js'

export interface PoolPresentationOptions extends Omit<
  PresentationOptions,
  'random' | 'knownAnswer' | 'allowVariableTime'
> {
  readonly device?: Device
}

/** A token to present, and how. */
export interface PresentationRequest extends PoolPresentationOptions {
  readonly issued: IssuedToken
}

/** A token to verify, with its presentation. */
export interface VerificationRequest extends VerificationOptions {
  readonly token: Token
  readonly proof: PresentationProof
}

/** Part of a batch to be issued. Its random values leave the worker only with the answer, so it can be done again. */
export interface IssueItem {
  /** Names gamma: items with one name have one gamma, and share its table. */
  readonly gammaKey: string
  /** x_1 to x_n. */
  readonly x: readonly Scalar[]
  readonly xt: Scalar
  readonly devicePublicKey: Uint8Array | undefined
  readonly count: number
  /** A value that is unique among the items of all workers; it enters the derivation of w. */
  readonly unique: string
  /** The number of tokens over this gamma that the worker is likely to get, these included. */
  readonly expected: number
}

/** The values computed for some tokens; lists as columns (`split()`). */
export interface IssuedPart {
  readonly gamma: Element
  readonly sigmaZ: Element | undefined
  /** Secret. */
  readonly w: Uint8Array
  readonly sigmaA: Uint8Array
  readonly sigmaB: Uint8Array
}

/**
 * A step of a Prover that obtains part of a batch and lives in one worker from step to step. With `begin`, and `message1`
 * again, another worker continues where a lost one was: the inputs determine the steps.
 */
export interface ProverItem {
  readonly prover: number
  readonly begin?: ProverBegin
  readonly message1?: IssuanceMessage1<Uint8Array>
  readonly sigmaR?: readonly Uint8Array[]
}

export interface ProverBegin {
  readonly contents: ProverContents
  /** Names the batch: its parts share the tables of gamma and sigma_z. */
  readonly batch: string
  /** The number of tokens of the batch that the worker is likely to get, these included. */
  readonly expected: number
  /** alpha, beta_1, beta_2 of each token in turn. Secret. */
  readonly blindings: readonly Scalar[]
}

export interface ProverStep {
  readonly gamma: Element
  readonly sigmaC: readonly Scalar[] | undefined
  readonly tokens: readonly IssuedToken[] | undefined
}

export interface NamedGamma {
  readonly name: string
  readonly element: Element
}

// Requests are sent as they are: taking each apart and rebuilding it would take as long as the rest of the transfer.
export interface PresentItem {
  readonly request: PresentationRequest
  /** The (x_1, ..., x_n) that the token certifies, if they are known; then its h is known to be in G_q. */
  readonly x: readonly Scalar[] | undefined
  /** Of the batch that the token is of, if it is known, with a name that no other has. */
  readonly gamma: NamedGamma | undefined
}

/** A presentation with a Device, between the Device's two answers, lives in one worker. */
export interface DevicePresentationBegin extends PresentItem {
  readonly presentation: number
  readonly commitment: DeviceCommitment
}

export interface DevicePresentationFinish {
  readonly presentation: number
  readonly rdPrime: Uint8Array
}

export interface CloseItem {
  readonly prover?: number
  readonly presentation?: number
}

/** The kinds of work, with the input and output of one item. */
export interface JobTypes {
  readonly issue: { readonly item: IssueItem; readonly result: IssuedPart }
  readonly prover: { readonly item: ProverItem; readonly result: ProverStep }
  readonly present: { readonly item: PresentItem; readonly result: Presentation }
  readonly presentBegin: { readonly item: DevicePresentationBegin; readonly result: DeviceChallenge }
  readonly presentFinish: { readonly item: DevicePresentationFinish; readonly result: Presentation }
  /** Wipes the secrets of an abandoned Prover or presentation. */
  readonly close: { readonly item: CloseItem; readonly result: undefined }
  readonly verify: { readonly item: VerificationRequest; readonly result: VerifiedPresentation | Refusal }
  readonly verifyToken: { readonly item: Token; readonly result: TokenVerification }
}

export type JobType = keyof JobTypes

/** The outcome of one item: separate for each, so that a bad one does not affect the others. */
export type Outcome<T> = { readonly value: T } | { readonly error: SentError }

/** A base of Issuer parameters: g_i by its number, or one of the others. */
export type BaseName = 'g' | 'g0' | 'gt' | 'gd' | number

/** The table of a base. */
export interface TableOrder extends Required<FixedBaseOptions> {
  readonly base: BaseName
}

/** Issuer parameters, verified by the sender, and the tables to make for them; later ones replace these. */
export interface ParametersSetup {
  readonly kind: 'parameters'
  readonly id: number
  readonly group: SentGroup
  readonly values: IssuerParametersValues<Element>
  readonly allowLegacy: boolean
  readonly tables: readonly TableOrder[]
  /** Upper bound on the table of a gamma, in bytes. */
  readonly gammaTableBytes: number
}

/** An Issuer of parameters that were set up. y_0 is needed for sigma_z, in Revision 3. */
export interface IssuerSetup {
  readonly kind: 'issuer'
  readonly id: number
  readonly parameters: number
  readonly y0: Scalar | undefined
  /** The secret from which w are derived. */
  readonly nonceKey: Uint8Array
}

export type Setup = ParametersSetup | IssuerSetup

/** Change it with every change of the messages below. */
export const protocol = 'uprove-wasm pool 4'

export type ToWorker =
  | {
      readonly type: 'start'
      readonly protocol: string
      readonly engine: EngineOptions
      readonly allowVariableTime: boolean
    }
  | { readonly type: 'setup'; readonly content: TransferMessage<Setup> }
  | {
      readonly type: 'job'
      readonly id: number
      readonly job: JobType
      readonly target: number
      readonly content: TransferMessage<unknown[]>
    }
  /** Wipes and frees a target that was set up. The worker confirms it. */
  | { readonly type: 'forget'; readonly id: number; readonly target: number }
  | { readonly type: 'dispose' }

export interface WorkerEngine {
  readonly backend: BackendName
  readonly kernel: KernelName | undefined
  readonly constantTime: boolean
}

export type FromWorker =
  | { readonly type: 'ready'; readonly engine: WorkerEngine }
  | { readonly type: 'start-failed'; readonly error: SentError }
  | {
      readonly type: 'done'
      readonly id: number
      readonly milliseconds: number
      readonly content: TransferMessage<Outcome<unknown>[]>
    }
  | { readonly type: 'forgotten'; readonly id: number }
  /** The engine trapped: the worker can no longer be trusted. */
  | { readonly type: 'broken'; readonly reason: string }
  | { readonly type: 'disposed' }
