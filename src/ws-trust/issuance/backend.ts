import type { Issuer, IssueOptions } from '../../uprove/issuance/issuer.js'
import type { IssuanceMessage1, IssuanceMessage2, IssuanceMessage3 } from '../../uprove/issuance/messages.js'

/** A client that the host has authenticated. */
export interface Principal {
  /** A unique and stable name, to which exchanges are bound. */
  readonly id: string
}

/** The contents of an exchange. */
export interface IssuanceRequest extends IssueOptions {
  /** The `id` of the principal, whose open exchanges are counted together. */
  readonly account?: string
}

/** The computation of an Issuer, which may run elsewhere: in workers, or where the key is kept. */
export interface IssuanceBackend {
  /** The first message, and the secret state that `respond` needs. */
  begin(request: IssuanceRequest): Promise<{ message1: IssuanceMessage1<Uint8Array>; secretState: Uint8Array }>
  /** The third message. Wipes the state if it answers; the caller wipes it in any case. */
  respond(secretState: Uint8Array, message2: IssuanceMessage2<Uint8Array>): Promise<IssuanceMessage3<Uint8Array>>
  /** Called with a state that will never be answered: the exchange was not stored, and nothing of it was sent. */
  abandon?(secretState: Uint8Array): Promise<void>
}

/** The computation in this thread. */
export function issuanceBackend(issuer: Issuer): IssuanceBackend {
  return {
    begin(request) {
      const { message1, state } = issuer.beginExchange(request)
      return Promise.resolve({ message1, secretState: state })
    },
    respond(secretState, message2) {
      return Promise.resolve(issuer.respondTo(secretState, message2))
    },
  }
}
