import { limits, wipe, wipeOnFailure } from '../../bindings/octets/octets.js'
import type { JsonInput } from '../json/syntax/reader.js'
import { attributesFrom, type Attribute } from '../uprove/parameters/attributes.js'
import type { IssuerParameters } from '../uprove/parameters/parameters.js'
import { publicKeyOf } from '../uprove/token/held-token.js'
import { checkIssuedTokenShape, checkTokenShape, type IssuedToken, type Token } from '../uprove/token/token.js'
import {
  flag,
  list,
  nullable,
  object,
  octets,
  readArtefact,
  writeArtefact,
  type ArtefactJson,
  type Form,
} from './form.js'

function tokenForm({ group }: IssuerParameters): Form<Token> {
  const [element, scalar] = [octets(group.elementLength), octets(group.scalarLength)]
  return object<Token>({
    ...{ deviceProtected: flag, uid: octets(), tokenInformation: octets(), proverInformation: nullable(octets()) },
    ...{ h: element, sigmaZPrime: element, sigmaCPrime: scalar, sigmaRPrime: scalar },
  })
}

/**
 * A token in JSON; it is public. Throws `InvalidInputError` (`token/shape`, `octets/type`, `element/length`, `scalar/length`).
 *
 * @example
 * ```ts
 * import { createEngine, Issuer, Prover, verifyToken } from 'uprove-wasm'
 * import { tokenFromJson, tokenToJson } from 'uprove-wasm/storage'
 * import { P256 } from 'uprove-wasm/params/P256'
 *
 * const group = (await createEngine()).curve(P256)
 * const issuer = Issuer.create(group, { uid: 'urn:example:1', attributes: 2, recommended: P256 })
 * const { parameters } = issuer
 * const contents = { attributes: ['Alice', 'citizen'], count: 1 }
 * const session = issuer.begin(contents)
 * const prover = Prover.begin(parameters, contents)
 * const [held] = prover.finish(session.respond(prover.respond(session.message1)))
 * if (held === undefined) throw new Error('no tokens')
 *
 * const text = JSON.stringify(tokenToJson(parameters, held.token))
 * const token = tokenFromJson(parameters, text)
 * console.log(verifyToken(parameters, token).valid, 'privateKey' in token) // true false
 * ```
 */
export function tokenToJson(parameters: IssuerParameters, token: Token): ArtefactJson<'uprove/token'> {
  checkTokenShape(parameters, token)
  return writeArtefact('uprove/token', tokenForm(parameters), token)
}

/** Reads a token; `verifyToken()` or `verifyPresentation()` verifies it. Throws `JsonError` (`json/...`). */
export function tokenFromJson(parameters: IssuerParameters, input: JsonInput): Token {
  return readArtefact('uprove/token', tokenForm(parameters), input)
}

interface TokenWithPrivateKey {
  readonly token: Token
  readonly privateKey: Uint8Array
}

function withPrivateKeyForm(parameters: IssuerParameters): Form<TokenWithPrivateKey> {
  const privateKey = octets(parameters.group.scalarLength)
  return object<TokenWithPrivateKey>({ token: tokenForm(parameters), privateKey })
}

/**
 * **Secret.** A held token with its private key in JSON. A string cannot be wiped: encrypt it where it is kept, and let go of it.
 * Throws like `tokenToJson`.
 */
export function tokenWithPrivateKeyToJson(
  parameters: IssuerParameters,
  issued: IssuedToken,
): ArtefactJson<'uprove/token-with-private-key'> {
  checkIssuedTokenShape(parameters, issued)
  return writeArtefact('uprove/token-with-private-key', withPrivateKeyForm(parameters), issued)
}

/**
 * Reads a held token, and checks that its h is in G_q, since presentations raise it to secrets.
 * Throws `JsonError` (`json/...`), `InvalidInputError` (`element/...`, `scalar/range`).
 */
export function tokenWithPrivateKeyFromJson(parameters: IssuerParameters, input: JsonInput): IssuedToken {
  const { group } = parameters
  const { token, privateKey } = readArtefact('uprove/token-with-private-key', withPrivateKeyForm(parameters), input)
  try {
    return wipeOnFailure((keep) => {
      const issued = { token, privateKey: keep(group.scalars.from(privateKey)) }
      publicKeyOf(group, issued)
      return issued
    })
  } finally {
    wipe(privateKey)
  }
}

interface Attributes {
  readonly attributes: readonly (Uint8Array | null)[]
}

const attributesForm: Form<Attributes> = /* @__PURE__ */ object<Attributes>({
  attributes: list(nullable(octets()), limits.attributes),
})

/**
 * The attributes of a token in JSON, as a wallet keeps them beside it: text as its UTF-8 encoding, null as null. They are personal
 * data. Throws `InvalidInputError` (`attribute/count`, `attribute/text`, `octets/...`).
 */
export function attributesToJson(
  parameters: IssuerParameters,
  attributes: readonly Attribute[],
): ArtefactJson<'uprove/attributes'> {
  return writeArtefact('uprove/attributes', attributesForm, { attributes: attributesFrom(parameters, attributes) })
}

/** Reads attributes. Throws `JsonError` (`json/...`), `InvalidInputError` (`attribute/count`, `octets/too-long`). */
export function attributesFromJson(parameters: IssuerParameters, input: JsonInput): (Uint8Array | null)[] {
  return attributesFrom(parameters, readArtefact('uprove/attributes', attributesForm, input).attributes)
}
