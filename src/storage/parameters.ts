import { byteLength, toBigint, toFixedWidth } from '../../bindings/octets/integers.js'
import { encodeBase64Url } from '../../bindings/octets/base64.js'
import { limits, wipe } from '../../bindings/octets/octets.js'
import type { CurveDescription, GroupDescription } from '../../bindings/engine/engine.js'
import { InvalidInputError } from '../../bindings/errors.js'
import type { JsonObject } from '../json/syntax/parse.js'
import { check, readDocument, readObject, readOctets, readText, type JsonInput } from '../json/syntax/reader.js'
import { Issuer } from '../uprove/issuance/issuer.js'
import {
  checkRevision,
  type IssuerParameters,
  type IssuerParametersValues,
  type ProverIssuanceValues,
} from '../uprove/parameters/parameters.js'
import type { DecodedParameters, DecodeParametersOptions } from '../uprove/parameters/parameters-codec.js'
import type { VariableTimeOption } from '../uprove/parameters/policy.js'
import type { Revision } from '../uprove/parameters/revision.js'
import {
  integer,
  list,
  object,
  octets,
  optional,
  readArtefact,
  text,
  writeArtefact,
  type ArtefactJson,
  type Form,
} from './form.js'

/** The revision of Issuer parameters. */
export const revision: Form<Revision> = {
  write: (value) => value,
  read: (json) => {
    check(json !== undefined, 'json/type')
    if (json !== 1 && json !== 3) throw new InvalidInputError('parameters/revision', 'the revision must be 1 or 3')
    return json
  },
}

/** The values of Issuer parameters whose elements have this length. */
function valuesForm(elementLength: number): Form<IssuerParametersValues> {
  const element = octets(elementLength)
  const elements = list(element, limits.attributes)
  const z = object<ProverIssuanceValues>({ z0: element, z: elements, zt: element, zd: optional(element) })
  return object<IssuerParametersValues>({
    ...{ revision, uid: octets(), hash: text, specification: octets(), encodings: list(integer, limits.attributes) },
    ...{ g0: element, g: elements, gt: element, gd: optional(element), z: optional(z) },
  })
}

/**
 * Issuer parameters with their group in JSON: a curve by its name, a subgroup with its numbers. They are public.
 *
 * @example
 * ```ts
 * import { createEngine, Issuer, IssuerParameters } from 'uprove-wasm'
 * import { issuerParametersFromJson, issuerParametersToJson } from 'uprove-wasm/storage'
 * import { P256 } from 'uprove-wasm/params/P256'
 *
 * const engine = await createEngine()
 * const issuer = Issuer.create(engine.curve(P256), { uid: 'urn:example:1', attributes: 2, recommended: P256 })
 * const published = JSON.stringify(issuerParametersToJson(issuer.parameters))
 *
 * // A Prover or Verifier reads the text, then verifies every value before it uses them.
 * const { group, values } = issuerParametersFromJson(published, { curves: [P256] })
 * const parameters = IssuerParameters.verify(engine.group(group), values, { recommended: P256 })
 * console.log(parameters.n, parameters.group.name) // 2 P-256
 * ```
 */
export function issuerParametersToJson(parameters: IssuerParameters): ArtefactJson<'uprove/issuer-parameters'> {
  const { group } = parameters
  const written = writeArtefact(
    'uprove/issuer-parameters',
    valuesForm(group.elementLength),
    parameters.values() as IssuerParametersValues,
  )
  return { ...written, group: writeGroup(group.description) }
}

/**
 * Reads what `issuerParametersToJson` wrote: a description for `engine.group()` and values for `IssuerParameters.verify()`,
 * which verify them.
 *
 * Throws `JsonError` (`json/...`), `InvalidInputError` (`parameters/unknown-curve`, `parameters/revision`,
 * `parameters/group-revision`).
 */
export function issuerParametersFromJson(
  input: JsonInput,
  { curves = [] }: DecodeParametersOptions = {},
): DecodedParameters {
  const { group: written, ...members } = readDocument(input, 'any')
  const group = readGroup(readObject(written, ['curve', 'p', 'q', 'g']), curves)
  const isCurve = 'arithmetic' in group
  const length = byteLength(group.p)
  const values = readArtefact('uprove/issuer-parameters', valuesForm(isCurve ? 1 + 2 * length : length), members)
  checkRevision({ revisions: isCurve ? [3] : [1, 3], name: group.name }, values.revision)
  return { group, values }
}

function writeGroup(group: GroupDescription): JsonObject {
  if ('arithmetic' in group) return { curve: group.name }
  const number = (value: bigint): string => encodeBase64Url(toFixedWidth(value, byteLength(value)))
  return { p: number(group.p), q: number(group.q), g: number(group.g) }
}

function readGroup({ curve, p, q, g }: JsonObject, curves: readonly CurveDescription[]): GroupDescription {
  if (curve !== undefined) {
    check(p === undefined && q === undefined && g === undefined, 'json/unknown-member')
    const name = readText(curve)
    const known = curves.find((candidate) => candidate.name === name)
    if (known !== undefined) return known
    throw new InvalidInputError('parameters/unknown-curve', 'pass the curve of these parameters in the option curves')
  }
  const number = (json: JsonObject[string] | undefined): bigint => {
    const value = readOctets(json)
    check(value.length > 0 && value[0] !== 0, 'json/length')
    return toBigint(value)
  }
  return { p: number(p), q: number(q), g: number(g) }
}

/**
 * **Secret.** The private key y_0 of an Issuer in JSON, by itself. Its holder can issue any token, and a string cannot be wiped:
 * write it to where it is kept, and let go of it. Throws `ProtocolError` (`issuer/disposed`).
 */
export function issuerPrivateKeyToJson(issuer: Issuer): ArtefactJson<'uprove/issuer-private-key'> {
  const privateKey = issuer.exportPrivateKey()
  try {
    return writeArtefact('uprove/issuer-private-key', privateKeyForm(issuer.parameters), { privateKey })
  } finally {
    wipe(privateKey)
  }
}

/**
 * An Issuer from its parameters and what `issuerPrivateKeyToJson` wrote.
 *
 * Throws `JsonError` (`json/...`), `InvalidInputError` (`scalar/range`, `issuer/key-mismatch`), `EngineError`
 * (`engine/variable-time`).
 */
export function issuerFromPrivateKeyJson(
  parameters: IssuerParameters,
  input: JsonInput,
  options: VariableTimeOption = {},
): Issuer {
  const { privateKey } = readArtefact('uprove/issuer-private-key', privateKeyForm(parameters), input)
  try {
    return Issuer.fromPrivateKey(parameters, privateKey, options)
  } finally {
    wipe(privateKey)
  }
}

function privateKeyForm({ group }: IssuerParameters): Form<{ readonly privateKey: Uint8Array }> {
  return object<{ readonly privateKey: Uint8Array }>({ privateKey: octets(group.scalarLength) })
}
