/**
 * Mistakes that a service or its store could have. The simulation makes one on request, to show that it finds it; nothing in
 * the shipped code knows of them.
 */
export const DEFECTS = {
  'w-kept': 'the store keeps w when it keeps the answer, and takes another answer',
  'bytes-replay': 'the Relying Party remembers the bytes of a presentation instead of its proofs',
  'early-acknowledgement': 'the store acknowledges before the log is on the disk',
  'quota-before-transaction': 'the quota is checked in one transaction, and the exchange is stored in another',
  'never-swept': 'sweeping leaves out the exchanges',
  'records-not-logged': 'the records of the authority are not written to the log',
  'digest-tolerance': 'the nonce of a password digest is forgotten when it expires by the clock of one node',
} as const

export type Defect = keyof typeof DEFECTS

/** The properties that are checked after every step. */
export type Property =
  | 'no w answers twice'
  | 'no acknowledged item is lost'
  | 'quotas hold'
  | 'a replay is refused'
  | 'everything open ends'
  | 'nothing unexpected happens'

/** A property does not hold. */
export class Violation extends Error {
  constructor(
    readonly property: Property,
    detail: string,
  ) {
    super(`${property}: ${detail}`)
  }
}
