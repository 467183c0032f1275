import { InvalidInputError } from '../../../bindings/errors.js'
import { publicKeyOf } from './held-token.js'
import { wipe, wipeOnFailure } from '../../../bindings/octets/octets.js'
import { OctetReader, OctetWriter } from '../../../bindings/octets/octet-stream.js'
import type { IssuerParameters } from '../parameters/parameters.js'
import type { IssuedToken, Token } from './token.js'
import { checkIssuedTokenShape, checkTokenShape } from './token.js'

const tokenVersion = 1
const issuedTokenVersion = 1

function readToken({ group }: IssuerParameters, reader: OctetReader): Token {
  if (reader.byte() !== tokenVersion) throw new InvalidInputError('token/version', 'unknown version of a token')
  return {
    deviceProtected: reader.flag(),
    uid: reader.octets(),
    tokenInformation: reader.octets(),
    proverInformation: reader.nullable(),
    h: reader.raw(group.elementLength),
    sigmaZPrime: reader.raw(group.elementLength),
    sigmaCPrime: reader.raw(group.scalarLength),
    sigmaRPrime: reader.raw(group.scalarLength),
  }
}

function writeToken(writer: OctetWriter, token: Token): OctetWriter {
  return writer
    .byte(tokenVersion)
    .byte(token.deviceProtected ? 1 : 0)
    .octets(token.uid)
    .octets(token.tokenInformation)
    .nullable(token.proverInformation)
    .raw(token.h)
    .raw(token.sigmaZPrime)
    .raw(token.sigmaCPrime)
    .raw(token.sigmaRPrime)
}

/** A token as octets. Throws `InvalidInputError` (`token/shape`, `octets/type`, `element/length`, `scalar/length`). */
export function encodeToken(parameters: IssuerParameters, token: Token): Uint8Array {
  checkTokenShape(parameters, token)
  return writeToken(new OctetWriter(), token).finish()
}

/** Reads a token; it is not verified. Throws `InvalidInputError` (`token/version`, `octets/...`). */
export function decodeToken(parameters: IssuerParameters, octets: Uint8Array): Token {
  const reader = new OctetReader(octets)
  const token = readToken(parameters, reader)
  reader.end()
  return token
}

/**
 * A held token as octets, with its secret private key: encrypt them, and wipe them after use. Throws like
 * `encodeToken()`.
 */
export function encodeIssuedToken(parameters: IssuerParameters, issued: IssuedToken): Uint8Array<ArrayBuffer> {
  checkIssuedTokenShape(parameters, issued)
  const { token, privateKey } = issued
  return writeToken(new OctetWriter().byte(issuedTokenVersion), token).raw(privateKey).finish()
}

/**
 * Reads a held token, and checks that its h is in G_q, since presentations raise it to secrets. Throws
 * `InvalidInputError` (`token/version`, `octets/...`, `element/...`, `scalar/...`).
 */
export function decodeIssuedToken(parameters: IssuerParameters, octets: Uint8Array): IssuedToken {
  const { group } = parameters
  const reader = new OctetReader(octets)
  if (reader.byte() !== issuedTokenVersion) throw new InvalidInputError('token/version', 'unknown version of a token')
  const token = readToken(parameters, reader)
  const privateKey = reader.raw(group.scalarLength)
  try {
    reader.end()
    return wipeOnFailure((keep) => {
      const issued = { token, privateKey: keep(group.scalars.from(privateKey)) }
      publicKeyOf(group, issued)
      return issued
    })
  } finally {
    wipe(privateKey)
  }
}
