import { ProtocolError } from '../../uprove/errors.js'

/**
 * What the messages of an exchange carry here besides their values: which exchange they belong to. Values alone do not tell,
 * since a sigma_c is any number to its Issuer. A peer that does not send it back is not refused.
 */
export interface Identified {
  readonly batch: string
}

/** A received message, which may say what exchange it belongs to. */
export type Received<Message> = Message & Partial<Identified>

/** Throws `ProtocolError` (`issuance/other-batch`) if a message says that it belongs to another exchange. */
export function checkBatch({ batch }: Partial<Identified>, expected: string | undefined): void {
  if (batch !== undefined && expected !== undefined && batch !== expected) {
    throw new ProtocolError('issuance/other-batch', 'the message answers another batch')
  }
}
