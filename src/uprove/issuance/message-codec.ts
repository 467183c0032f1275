import { messageFrom, type IssuanceMessage1, type IssuanceMessage2, type IssuanceMessage3 } from './messages.js'
import { limits } from '../../../bindings/octets/octets.js'
import { OctetReader, OctetWriter } from '../../../bindings/octets/octet-stream.js'
import type { IssuerParameters } from '../parameters/parameters.js'

function writeAll(writer: OctetWriter, values: readonly Uint8Array[]): OctetWriter {
  return writer.list(values, (list, value) => list.raw(value))
}

function readAll(reader: OctetReader, length: number): Uint8Array[] {
  return reader.list(limits.batch, (list) => list.raw(length))
}

/** The first message as octets. Throws `InvalidInputError` (`issuance/message-shape`, `octets/type`). */
export function encodeMessage1(message1: IssuanceMessage1<Uint8Array>): Uint8Array {
  const { sigmaZ, sigmaA, sigmaB } = messageFrom(message1)
  const writer = writeAll(new OctetWriter(), sigmaZ === undefined ? [] : [sigmaZ])
  return writeAll(writeAll(writer, sigmaA), sigmaB).finish()
}

/** Reads a first message; `prover.respond()` checks its values. Throws `InvalidInputError` (`octets/...`). */
export function decodeMessage1({ group }: IssuerParameters, octets: Uint8Array): IssuanceMessage1<Uint8Array> {
  const reader = new OctetReader(octets)
  const [sigmaZ] = reader.list(1, (list) => list.raw(group.elementLength))
  const message1 = {
    sigmaZ,
    sigmaA: readAll(reader, group.elementLength),
    sigmaB: readAll(reader, group.elementLength),
  }
  reader.end()
  return message1
}

/** The second message as octets. Throws `InvalidInputError` (`issuance/message-shape`, `octets/type`). */
export function encodeMessage2(message2: IssuanceMessage2<Uint8Array>): Uint8Array {
  return writeAll(new OctetWriter(), messageFrom(message2).sigmaC).finish()
}

/** Reads a second message; `session.respond()` checks its values. Throws `InvalidInputError` (`octets/...`). */
export function decodeMessage2({ group }: IssuerParameters, octets: Uint8Array): IssuanceMessage2<Uint8Array> {
  const reader = new OctetReader(octets)
  const sigmaC = readAll(reader, group.scalarLength)
  reader.end()
  return { sigmaC }
}

/** The third message as octets. Throws `InvalidInputError` (`issuance/message-shape`, `octets/type`). */
export function encodeMessage3(message3: IssuanceMessage3<Uint8Array>): Uint8Array {
  return writeAll(new OctetWriter(), messageFrom(message3).sigmaR).finish()
}

/** Reads a third message; `prover.finish()` checks its values. Throws `InvalidInputError` (`octets/...`). */
export function decodeMessage3({ group }: IssuerParameters, octets: Uint8Array): IssuanceMessage3<Uint8Array> {
  const reader = new OctetReader(octets)
  const sigmaR = readAll(reader, group.scalarLength)
  reader.end()
  return { sigmaR }
}
