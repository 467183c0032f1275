import type { Curve, Engine } from '../../../bindings/engine/engine.js'
import { encodeBase64Url } from '../../../bindings/octets/base64.js'
import { limits as octetLimits, wipe } from '../../../bindings/octets/octets.js'
import { hashFormat, type HashAlgorithm } from '../../hash/index.js'
import type { RecommendedCurve } from '../../params/recommended.js'
import { Issuer } from '../../uprove/issuance/issuer.js'
import type { NonceOptions } from '../../uprove/nonces.js'
import { createIssuerValues } from '../../uprove/parameters/issuer-values.js'
import { IssuerParameters, type IssuerParametersValues } from '../../uprove/parameters/parameters.js'
import { checkConstantTime, type VariableTimeOption } from '../../uprove/parameters/policy.js'
import type { JsonLimits, JsonObject, JsonValue } from '../syntax/parse.js'
import {
  check,
  readDocument,
  readList,
  readNumber,
  readObject,
  readOctets,
  readWidth,
  type JsonInput,
} from '../syntax/reader.js'
import { algorithmOf, algorithmOfCurve, descriptionOf, isAlgorithm, type JsonAlgorithm } from './algorithms.js'
import { readSpecification, specificationOf, writeSpecification, type Specification } from './specification.js'

/** Issuer parameters as a JSON Web Key (RFC 7517). */
export interface IssuerJwk {
  readonly kty: 'UP'
  readonly alg: JsonAlgorithm
  /** UID_P. */
  readonly kid: string
  readonly g0: string
  /** e_1 to e_n; absent if all attributes are hashed. */
  readonly e?: readonly number[]
  /** S. */
  readonly spec: string
}

/** A JWK with the private key of its Issuer. */
export interface PrivateIssuerJwk extends IssuerJwk {
  readonly y0: string
}

/** Issuer parameters as a JWK set, for `/.well-known/jwks.json` below the Issuer's URL. */
export interface IssuerJwkSet {
  readonly keys: readonly IssuerJwk[]
}

export interface CreateJsonIssuerOptions extends NonceOptions, VariableTimeOption {
  /** The set of the curve, such as `P256`. */
  readonly recommended: RecommendedCurve
  readonly specification: Specification
  /** e_1 to e_n: 1 for an attribute that is hashed, 0 for an integer below q. Default: all hashed. */
  readonly encodings?: readonly number[]
}

/**
 * A new Issuer of the framework: its key is drawn, S is the specification as it is written here, and UID_P is the digest of the
 * key, the generators, the encodings and S. Section "Issuer Parameters"; the text leaves g_t out of the digest, implementations do
 * not.
 *
 * Throws like `Issuer.create`, and `JsonError` (`json/specification`, `json/expiration-type`, `json/expiration-year`,
 * `json/attribute-encoding`, `json/parameters` for a curve that is not of the framework).
 *
 * @example
 * ```ts
 * import { createEngine, Prover } from 'uprove-wasm'
 * import { createJsonIssuer, createTokenInformation, readJwk, writeJwk } from 'uprove-wasm/json'
 * import { P256 } from 'uprove-wasm/params/P256'
 *
 * const engine = await createEngine()
 * const issuer = createJsonIssuer(engine.curve(P256), {
 *   recommended: P256,
 *   specification: { n: 2, expType: 'day', attrTypes: ['name', 'role'] },
 * })
 * const published = JSON.stringify(writeJwk(issuer.parameters))
 *
 * // A Prover reads the key strictly, and then uses it as any other.
 * const parameters = readJwk(published, { engine, curves: [P256] })
 * const tokenInformation = createTokenInformation(parameters, {
 *   issuer: 'https://issuer.example',
 *   expires: new Date(Date.now() + 7 * 86_400_000),
 * })
 * const contents = { attributes: ['Alice', 'member'], tokenInformation, count: 3 }
 * const session = issuer.begin(contents)
 * const prover = Prover.begin(parameters, contents)
 * const tokens = prover.finish(session.respond(prover.respond(session.message1)))
 * console.log(parameters.n, tokens.length) // 2 3
 * ```
 */
export function createJsonIssuer(curve: Curve, options: CreateJsonIssuerOptions): Issuer {
  checkConstantTime(curve, options)
  const { specification, recommended, encodings } = options
  const alg = algorithmOfCurve(curve.name)
  check(alg !== undefined, 'json/parameters')
  check(encodings === undefined || encodings.length === specification.n, 'json/attribute-encoding')
  const s = writeSpecification(specification)
  const { y0, values } = createIssuerValues(curve, {
    ...options,
    ...{
      uid: '',
      hash: descriptionOf(alg).hash,
      specification: s,
      recommended,
      attributes: encodings ?? specification.n,
    },
  })
  try {
    const parameters = IssuerParameters.verify(curve, { ...values, uid: digestOf(curve, values) }, { recommended })
    return Issuer.fromPrivateKey(parameters, y0, options)
  } finally {
    wipe(y0)
  }
}

/** H(<g_0, ..., g_n, g_t>, <e_1, ..., e_n>, S). */
function digestOf(curve: Curve, { g0, g, gt, encodings, specification, hash }: IssuerParametersValues): Uint8Array {
  return hashFormat(hash as HashAlgorithm)
    .list([g0, ...g, gt], (format, element) => format.element(curve, element))
    .list(encodings, (format, e) => format.byte(e))
    .octets(specification)
    .digest()
}

/**
 * The public JWK of Issuer parameters that this entry made or read. A JWK has no generators: its readers take the recommended ones.
 * Throws `JsonError` (`json/parameters`, `json/specification`).
 */
export function writeJwk(parameters: IssuerParameters): IssuerJwk {
  const { uid, g0, n, encodings, specification } = parameters
  check(specificationOf(parameters).n === n, 'json/parameters')
  return {
    kty: 'UP',
    alg: algorithmOf(parameters),
    kid: encodeBase64Url(uid),
    g0: encodeBase64Url(g0),
    e: encodings.every((e) => e === 1) ? undefined : encodings,
    spec: encodeBase64Url(specification),
  }
}

/** The JWK set of Issuer parameters. Throws `JsonError` (`json/parameters`). */
export function writeJwkSet(parameters: readonly IssuerParameters[]): IssuerJwkSet {
  return { keys: parameters.map(writeJwk) }
}

/**
 * The private JWK of an Issuer. Its holder can issue any token, and no string can be wiped: write it to where it is kept, and let
 * go of it. Throws `JsonError` (`json/parameters`).
 */
export function writePrivateJwk(issuer: Issuer): PrivateIssuerJwk {
  const y0 = issuer.exportPrivateKey()
  try {
    return { ...writeJwk(issuer.parameters), y0: encodeBase64Url(y0) }
  } finally {
    wipe(y0)
  }
}

/** The options of reading a key. */
export interface ReadJwkOptions {
  readonly engine: Engine
  /** The sets of the curves that keys may be on, such as `P256`. */
  readonly curves: readonly RecommendedCurve[]
  /** Default: 128 KiB for a key, 1 MiB for a set. */
  readonly limits?: Partial<JsonLimits>
}

const KEY_LIMITS: Partial<JsonLimits> = { maxBytes: 128 * 1024, maxValues: 1000 }
const SET_LIMITS: Partial<JsonLimits> = { maxBytes: 1024 * 1024, maxValues: 10_000 }

/**
 * The verified Issuer parameters of a JWK that came over an authenticated channel. UID_P is the kid, whichever it is; S is `spec`
 * as received. Members that the framework does not know are ignored, as RFC 7517 asks.
 *
 * Throws `JsonError` (`json/key-type`, `.../algorithm`, `.../key-identifier`, `.../specification`, `.../expiration-type`,
 * `.../attribute-encoding`, `.../private-key`, `.../length`, `.../base64url`, `.../type`, and those of `parseJson`),
 * `InvalidInputError` (`parameters/not-in-subgroup` for a g_0 that is not on the curve).
 */
export function readJwk(input: JsonInput, options: ReadJwkOptions): IssuerParameters {
  const key = readDocument(input, 'any', { ...KEY_LIMITS, ...options.limits })
  check(key['y0'] === undefined, 'json/private-key')
  return parametersOf(key, options)
}

/**
 * An Issuer from its private JWK. The key must belong to g_0.
 * Throws like `readJwk`, and `InvalidInputError` (`issuer/key-mismatch`, `scalar/range`), `EngineError` (`engine/variable-time`).
 */
export function readPrivateJwk(input: JsonInput, options: ReadJwkOptions & VariableTimeOption): Issuer {
  const key = readDocument(input, 'any', { ...KEY_LIMITS, ...options.limits })
  const parameters = parametersOf(key, options)
  const y0 = readNumber(key['y0'], parameters.group.scalarLength)
  try {
    return Issuer.fromPrivateKey(parameters, y0, options)
  } finally {
    wipe(y0)
  }
}

/**
 * The verified Issuer parameters of a JWK set. Keys of other types, and those on curves that were not given, are left out, as RFC
 * 7517 asks (section 5); a malformed key of the framework is refused, and with it the set. Throws like `readJwk`.
 */
export function readJwkSet(input: JsonInput, options: ReadJwkOptions): IssuerParameters[] {
  const { keys } = readDocument(input, 'any', { ...SET_LIMITS, ...options.limits })
  const all = readList(keys, 1000, (key) => readObject(key, 'any')).filter(
    ({ kty, alg }) => kty === 'UP' && curveOf(alg, options.curves) !== undefined,
  )
  check(
    all.every(({ y0 }) => y0 === undefined),
    'json/private-key',
  )
  check(new Set(all.map(({ kid }) => kid)).size === all.length, 'json/key-identifier')
  return all.map((key) => parametersOf(key, options))
}

function curveOf(alg: JsonValue | undefined, curves: readonly RecommendedCurve[]): RecommendedCurve | undefined {
  return isAlgorithm(alg) ? curves.find(({ name }) => name === descriptionOf(alg).curve) : undefined
}

function parametersOf({ kty, alg, kid, g0, e, spec }: JsonObject, options: ReadJwkOptions): IssuerParameters {
  check(kty === 'UP', 'json/key-type')
  const recommended = curveOf(alg, options.curves)
  check(recommended !== undefined && isAlgorithm(alg), 'json/algorithm')
  const { elementLength, hash } = descriptionOf(alg)
  const uid = readOctets(kid)
  check(uid.length >= 1 && uid.length <= octetLimits.field, 'json/key-identifier')
  const specification = readOctets(spec)
  const { n } = readSpecification(specification)
  const encodings = e === undefined ? new Array<number>(n).fill(1) : readList(e, n, readEncoding)
  check(encodings.length === n, 'json/attribute-encoding')
  const { generators, gt } = recommended
  return IssuerParameters.verify(
    options.engine.curve(recommended),
    {
      ...{ revision: 3, uid, hash, g0: readWidth(g0, elementLength), g: generators.slice(0, n), gt },
      ...{ encodings, specification },
    },
    { recommended },
  )
}

function readEncoding(value: JsonValue): number {
  check(value === 0 || value === 1, 'json/attribute-encoding')
  return value
}
