import { limits } from '../../bindings/octets/octets.js'
import type { JsonLimits } from '../json/syntax/parse.js'
import { check, type JsonInput } from '../json/syntax/reader.js'
import {
  messageFrom,
  type IssuanceMessage1,
  type IssuanceMessage2,
  type IssuanceMessage3,
} from '../uprove/issuance/messages.js'
import type { IssuerParameters } from '../uprove/parameters/parameters.js'
import { list, object, octets, optional, readArtefact, writeArtefact, type ArtefactJson, type Form } from './form.js'

type Message1 = IssuanceMessage1<Uint8Array>
type Message2 = IssuanceMessage2<Uint8Array>
type Message3 = IssuanceMessage3<Uint8Array>

function message1Form(elementLength?: number): Form<Message1> {
  const element = octets(elementLength)
  const elements = list(element, limits.batch)
  return object<Message1>({ sigmaZ: optional(element), sigmaA: elements, sigmaB: elements })
}

function message2Form(scalarLength?: number): Form<Message2> {
  return object<Message2>({ sigmaC: list(octets(scalarLength), limits.batch) })
}

function message3Form(scalarLength?: number): Form<Message3> {
  return object<Message3>({ sigmaR: list(octets(scalarLength), limits.batch) })
}

/** Room for the two lists of the largest batch, each value with its quotes, comma and indentation. */
function messageLimits(length: number): Partial<JsonLimits> {
  return { maxBytes: 1024 + 2 * limits.batch * (Math.ceil((length * 4) / 3) + 16) }
}

/** The first message of issuance in JSON. Throws `InvalidInputError` (`issuance/message-shape`, `octets/type`). */
export function message1ToJson(message1: Message1): ArtefactJson<'uprove/message-1'> {
  return writeArtefact('uprove/message-1', message1Form(), messageFrom(message1))
}

/** Reads a first message; `prover.respond()` checks its values. Throws `JsonError` (`json/...`). */
export function message1FromJson({ group }: IssuerParameters, input: JsonInput): Message1 {
  const { elementLength } = group
  const message1 = readArtefact('uprove/message-1', message1Form(elementLength), input, messageLimits(elementLength))
  check(message1.sigmaA.length === message1.sigmaB.length, 'json/count')
  return message1
}

/** The second message of issuance in JSON. Throws like `message1ToJson`. */
export function message2ToJson(message2: Message2): ArtefactJson<'uprove/message-2'> {
  return writeArtefact('uprove/message-2', message2Form(), messageFrom(message2))
}

/** Reads a second message; `session.respond()` checks its values. Throws `JsonError` (`json/...`). */
export function message2FromJson({ group }: IssuerParameters, input: JsonInput): Message2 {
  const { scalarLength } = group
  return readArtefact('uprove/message-2', message2Form(scalarLength), input, messageLimits(scalarLength))
}

/** The third message of issuance in JSON. Throws like `message1ToJson`. */
export function message3ToJson(message3: Message3): ArtefactJson<'uprove/message-3'> {
  return writeArtefact('uprove/message-3', message3Form(), messageFrom(message3))
}

/** Reads a third message; `prover.finish()` checks its values. Throws `JsonError` (`json/...`). */
export function message3FromJson({ group }: IssuerParameters, input: JsonInput): Message3 {
  const { scalarLength } = group
  return readArtefact('uprove/message-3', message3Form(scalarLength), input, messageLimits(scalarLength))
}
