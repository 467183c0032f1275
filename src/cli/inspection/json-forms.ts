import { decodeBase64Url, encodeBase64Url } from '../../../bindings/octets/base64.js'
import { toHex } from '../../../bindings/octets/integers.js'
import { equalOctets } from '../../../bindings/octets/octets.js'
import {
  tokenIdentifier,
  verifyToken,
  type Engine,
  type IssuerParameters,
  type PresentationProof,
  type Token,
} from '../../index.js'
import { descriptionOf, type JsonAlgorithm } from '../../json/artefacts/algorithms.js'
import { readIssuedJwp, readPresentedJwp } from '../../json/artefacts/jwp.js'
import { readCompact, readHeader, readJws, type SignedPresentation } from '../../json/artefacts/jws.js'
import { readJwk, readJwkSet, readPrivateJwk } from '../../json/artefacts/keys.js'
import { presentationOf, readProof } from '../../json/artefacts/presentation.js'
import { specificationOf } from '../../json/artefacts/specification.js'
import { readTokenInformation } from '../../json/artefacts/token-information.js'
import { readTokenOf } from '../../json/artefacts/token.js'
import { verifyJsonPresentation } from '../../json/artefacts/verification.js'
import { JsonError } from '../../json/errors.js'
import { readChallenge } from '../../json/parties/challenge.js'
import { parseJson, type JsonObject, type JsonValue } from '../../json/syntax/parse.js'
import { readList, readObject, readOctets, readText } from '../../json/syntax/reader.js'
import { P256, P384, P521 } from '../../params/index.js'
import { UsageError } from '../errors.js'
import { abbreviate, some, textOf, type ExplainedArtefact, type Fact, type Facts } from './facts.js'

const curves = [P256, P384, P521]
const algorithms: readonly JsonAlgorithm[] = ['UP256', 'UP384', 'UP521']
const DAY = 86_400_000

/** A JWS, or a JWP in issued or presented form: a JSON object in base64url first. */
const COMPACT = /^eyJ[^.\s]*(\.[^.\s]*){2,3}$/

/**
 * Explains an artefact of the JSON Framework. Undefined for other files, such as other JSON. Throws `UProveError` for a malformed
 * artefact, `UsageError` if the key of a token is not among `keys`.
 *
 * @param keys the octets of a JWK or a JWK set, to verify tokens and presentations with
 */
export function explainJson(octets: Uint8Array, engine: Engine, keys?: Uint8Array): ExplainedArtefact[] | undefined {
  const text = new TextDecoder().decode(octets).trim()
  const isCompact = COMPACT.test(text)
  if (!isCompact && !text.startsWith('{')) return undefined
  const reader = new Reader(engine, keys)
  if (isCompact) return [reader.compact(text)]
  const document = parseJson(octets)
  return reader.document(document as JsonObject)
}

/** Reads artefacts that may be of known keys. */
class Reader {
  readonly #keys: readonly IssuerParameters[]

  constructor(
    private readonly engine: Engine,
    keys: Uint8Array | undefined,
  ) {
    this.#keys = keys === undefined ? [] : this.#keysIn(readObject(parseJson(keys), 'any'))
  }

  document(document: JsonObject): ExplainedArtefact[] | undefined {
    const has = (...names: string[]): boolean => names.every((name) => document[name] !== undefined)
    if (has('kty')) return document['kty'] === 'UP' ? [this.#key(document)] : undefined
    if (has('keys')) return this.#set(document)
    if (has('sZ') || has('sC') || has('sR')) return [messageOf(document)]
    if (has('sID', 'msg')) return this.#exchange(document)
    if (has('UIDP', 'sZp')) return [{ artefact: 'token', facts: this.#token(algorithmOfToken(document), document) }]
    if (has('pp')) {
      const { pp } = document
      const presentation = presentationOf(algorithmOfProof(readObject(pp, 'any')), readObject(document, PRESENTATION))
      return [{ artefact: 'presentation, without its message', facts: this.#presentation(presentation) }]
    }
    if (has('a', 'r')) {
      const proof = readProof(descriptionOf(algorithmOfProof(document)), readObject(document, ['a', 'r', 'A']))
      return [{ artefact: 'presentation proof', facts: proofFacts(proof) }]
    }
    if (has('aud', 'nonce')) return [{ artefact: 'challenge', facts: challengeFacts(JSON.stringify(document)) }]
    return undefined
  }

  compact(text: string): ExplainedArtefact {
    const parts = text.split('.')
    const [head = ''] = parts
    const { alg, header } = readHeader(decodeBase64Url(head) ?? new Uint8Array())
    const own = { alg, header: JSON.stringify(header) }
    if (parts.length === 4) {
      return { artefact: 'JWP in presented form', facts: { ...own, ...this.#signed(readPresentedJwp(text)) } }
    }
    if (header['typ'] === 'JWP' || header['typ'] === 'JPT') {
      const { attributes, token } = readIssuedJwp(text)
      const [, , proof] = readCompact(text, 3, {})
      const facts = { ...own, attributes: attributes.map((value, i) => `${i + 1}: ${textOf(value)}`) }
      return { artefact: 'JWP in issued form', facts: { ...facts, token: this.#token(alg, proof, token) } }
    }
    return { artefact: 'presentation as a JWS', facts: { ...own, ...this.#signed(readJws(text)) } }
  }

  #keysIn(document: JsonObject): IssuerParameters[] {
    const options = { engine: this.engine, curves }
    return document['keys'] === undefined ? [readJwk(document, options)] : readJwkSet(document, options)
  }

  #key(document: JsonObject): ExplainedArtefact {
    const options = { engine: this.engine, curves }
    if (document['y0'] === undefined) {
      return { artefact: 'Issuer parameters as a JWK', facts: keyFacts(readJwk(document, options)) }
    }
    const issuer = readPrivateJwk(document, options)
    issuer.dispose()
    const secret = 'in this file, not shown; it belongs to g_0. Its holder can issue any token'
    return {
      artefact: 'private key of an Issuer as a JWK',
      facts: { ...keyFacts(issuer.parameters), 'private key': secret },
    }
  }

  #set(document: JsonObject): ExplainedArtefact[] | undefined {
    const all = readList(document['keys'], 1000, (key) => readObject(key, 'any'))
    const keys = this.#keysIn(document)
    // A set without keys of the framework is somebody else's.
    if (keys.length === 0) return undefined
    const facts = { keys: keys.map(keyFacts), 'other keys': all.length - keys.length }
    return [{ artefact: 'Issuer parameters as a JWK set', facts }]
  }

  #exchange({ sID, TI, A, msg }: JsonObject): ExplainedArtefact[] {
    const { artefact, facts } = messageOf(readObject(msg, 'any'))
    const offered: Facts = {
      exchange: readText(sID),
      attributes:
        A === undefined ? undefined : readList(A, 50, readOctets).map((value, i) => `${i + 1}: ${textOf(value)}`),
      TI: TI === undefined ? undefined : informationFacts(readOctets(TI), undefined),
    }
    return [{ artefact: `${artefact} in its exchange`, facts: { ...offered, ...facts } }]
  }

  #token(
    alg: JsonAlgorithm,
    document: JsonObject | Uint8Array,
    token = readTokenOf(descriptionOf(alg), document),
  ): Facts {
    const parameters = this.#parametersOf(token)
    const verification = parameters && verifyToken(parameters, token)
    return {
      kid: encodeBase64Url(token.uid),
      alg,
      'token identifier': parameters && encodeBase64Url(tokenIdentifier(parameters, token)),
      TI: informationFacts(token.tokenInformation, parameters),
      PI: token.proverInformation === null ? null : textOf(token.proverInformation),
      h: abbreviate(token.h),
      "sigma_z'": abbreviate(token.sigmaZPrime),
      signature:
        verification === undefined
          ? 'not verified: name the key with --parameters'
          : verification.valid
            ? 'verified'
            : `refused: ${verification.code}`,
    }
  }

  #parametersOf({ uid }: Token): IssuerParameters | undefined {
    const found = this.#keys.find((key) => equalOctets(key.uid, uid))
    if (found === undefined && this.#keys.length > 0) {
      throw new UsageError(`the file of --parameters has no key ${encodeBase64Url(uid)}`)
    }
    return found
  }

  #presentation(presentation: ReturnType<typeof presentationOf>): Facts {
    const { proof, token, tokenIdentifier: identifier } = presentation
    return {
      'refers to the token': identifier && encodeBase64Url(identifier),
      token: token && this.#token(algorithmOfLength(token.h.length), new Uint8Array(), token),
      ...proofFacts(proof),
    }
  }

  #signed(presentation: SignedPresentation): Facts {
    const { message, token } = presentation
    const verdict =
      token === undefined || this.#keys.length === 0
        ? undefined
        : verifyJsonPresentation(presentation, { keys: this.#keys })
    return {
      message: messageFacts(message),
      ...this.#presentation(presentation),
      verified:
        verdict === undefined
          ? token === undefined
            ? 'no: that needs the token'
            : 'no: that needs the key; name it with --parameters'
          : verdict.valid
            ? 'the proof, of this message, now; not whether the message is fresh'
            : `refused: ${verdict.code}`,
    }
  }
}

const PRESENTATION = ['upt', 'uidt', 'pp']

function keyFacts(parameters: IssuerParameters): Facts {
  const { uid, group, hash, g0, encodings, specification } = parameters
  const { expType, attrTypes } = specificationOf(parameters)
  const types: readonly unknown[] = Array.isArray(attrTypes) ? attrTypes : []
  return {
    kid: encodeBase64Url(uid),
    group: group.name,
    hash,
    attributes: encodings.map((e, i) => {
      const type = types[i]
      return `${i + 1}: ${typeof type === 'string' ? `${type}, ` : ''}${e === 1 ? 'hashed' : 'an integer below q'}`
    }),
    'tokens expire by the': expType ?? 'not at all',
    S: textOf(specification),
    g_0: abbreviate(g0),
    P: toHex(parameters.digest(false)),
    verified: 'that g_0 is on the curve',
  }
}

function messageOf(document: JsonObject): ExplainedArtefact {
  const count = (name: string): number => readList(document[name], 65_535, readOctets).length
  if (document['sZ'] !== undefined) {
    readObject(document, ['sZ', 'sA', 'sB'])
    const tokens = count('sA')
    if (tokens !== count('sB')) throw new JsonError('json/count')
    const { length } = readOctets(document['sZ'])
    return {
      artefact: 'first message of issuance',
      facts: { alg: algorithmOfLength(length), tokens, sigma_z: abbreviate(readOctets(document['sZ'])) },
    }
  }
  const [name, artefact] =
    document['sC'] === undefined
      ? (['sR', 'third message of issuance'] as const)
      : (['sC', 'second message of issuance'] as const)
  readObject(document, [name])
  return { artefact, facts: { tokens: count(name) } }
}

/** What a token information says; without the key, `exp` has no unit. */
function informationFacts(octets: Uint8Array, parameters: IssuerParameters | undefined): Fact {
  if (parameters === undefined) return textOf(octets)
  const { issuer, expires, members } = readTokenInformation(parameters, octets)
  const hasExpired = expires !== undefined && expires.getTime() <= Date.now()
  const days = expires === undefined ? 0 : Math.round((expires.getTime() - Date.now()) / DAY)
  return {
    issuer,
    'valid until': expires && `${expires.toISOString()}${hasExpired ? ', expired' : `, ${days} days from now`}`,
    'other members, which may mark a token': some(Object.keys(members)),
    octets: textOf(octets),
  }
}

function messageFacts(message: Uint8Array): Fact {
  try {
    return challengeFacts(message)
  } catch (error) {
    if (error instanceof JsonError) return textOf(message)
    throw error
  }
}

function challengeFacts(message: string | Uint8Array): Facts {
  const { audience, nonce, request, signedData } = readChallenge(message)
  return { for: audience, nonce, request, 'data signed': signedData ?? null }
}

function proofFacts({ disclosed, a, r }: PresentationProof): Facts {
  return {
    disclosed: disclosed.map(({ index, attribute }) => `${index}: ${textOf(attribute ?? new Uint8Array())}`),
    undisclosed: r.length,
    a: toHex(a),
  }
}

/** Tokens and proofs do not name their `alg`; the width of their values tells it. */
function algorithmOfToken({ h }: JsonObject): JsonAlgorithm {
  return algorithmOfLength(readOctets(h).length)
}

function algorithmOfLength(length: number): JsonAlgorithm {
  return found(algorithms.find((alg) => descriptionOf(alg).elementLength === length))
}

function algorithmOfProof({ a }: { readonly a?: JsonValue }): JsonAlgorithm {
  const { length } = readOctets(a)
  return found(algorithms.find((alg) => descriptionOf(alg).digestLength === length))
}

function found(alg: JsonAlgorithm | undefined): JsonAlgorithm {
  if (alg === undefined) throw new JsonError('json/length')
  return alg
}
