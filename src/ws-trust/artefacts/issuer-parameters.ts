import type { Engine, Subgroup, SubgroupDescription } from '../../../bindings/engine/engine.js'
import type { RecommendedSubgroup } from '../../params/recommended.js'
import { Issuer, type IssuerOptions } from '../../uprove/issuance/issuer.js'
import { equalOctets } from '../../../bindings/octets/octets.js'
import { IssuerParameters, type IssuerParametersOptions } from '../../uprove/parameters/parameters.js'
import { canonicalize } from '../../xml/canonicalize.js'
import type { ParseOptions } from '../../xml/parse.js'
import { parseInput, type XmlInput } from '../../xml/reader.js'
import { DSIG_NAMESPACE, signEnveloped, type SignOptions } from '../../xml/signature.js'
import type { XmlElement } from '../../xml/tree.js'
import { WsTrustError } from '../errors.js'
import { artefact } from '../syntax/outline.js'
import { UP } from '../syntax/names.js'
import {
  readParametersDocument,
  writeParametersDocument,
  type Generators,
  type IssuerParametersDocument,
} from './parameters-document.js'
import { hashByUri, setByUri, isCurve, setOfGroup, uriOf, uriOfHash } from '../syntax/identifiers.js'
import { readSpecification, writeSpecification, type Specification } from './specification.js'
import { verifySigned } from '../trust/signature.js'
import { issuerOfCertificate, type IdentityRule, type SignerTrust } from '../trust/signer.js'
import { atWidth, checkUri } from '../syntax/values.js'
import { encodeText } from '../../../bindings/octets/text.js'

/** Issuer parameters of this profile: the verified parameters of the cryptography, and their specification. */
export interface ProfileParameters {
  /** Of Revision 1. `uid` is UIDP in UTF-8; `specification` is S as received or made. */
  readonly parameters: IssuerParameters
  readonly uidp: string
  readonly specification: Specification
  /** The URI of g_d; undefined if Device-protected tokens are not supported. */
  readonly deviceGenerator: string | undefined
}

export interface CreateIssuerOptions
  extends
    Specification,
    Pick<IssuerOptions, 'hash' | 'device' | 'random' | 'knownAnswer' | 'allowVariableTime' | 'allowLegacy'> {
  readonly uidp: string
  /** The set whose generators are used. Needed for `device`. Default: new generators are drawn. */
  readonly recommended?: RecommendedSubgroup
}

/** An Issuer with its parameters. */
export interface ProfileIssuer {
  readonly issuer: Issuer
  readonly parameters: ProfileParameters
}

/**
 * A new Issuer: its key is drawn, and its parameters are made (section 3.2.2).
 * Throws like `Issuer.create`, and `WsTrustError` (`ws-trust/uri`, `ws-trust/date-time`, `ws-trust/validity-order`,
 * `ws-trust/unknown-device-generator` for `device` without a recommended set).
 */
export function createIssuer(group: Subgroup, options: CreateIssuerOptions): ProfileIssuer {
  const { uidp, recommended, device = false } = options
  const deviceSet = device ? recommended : undefined
  if (device && deviceSet === undefined) throw new WsTrustError('ws-trust/unknown-device-generator')
  const element = writeSpecification(options)
  const issuer = Issuer.create(group, {
    ...options,
    uid: checkUri(uidp),
    attributes: options.claimTypes.length,
    revision: 1,
    specification: canonicalize(element),
  })
  const deviceGenerator = deviceSet && uriOf(deviceSet)
  const specification = readSpecification(element)
  return { issuer, parameters: { parameters: issuer.parameters, uidp, specification, deviceGenerator } }
}

export interface WriteParametersOptions {
  /** The set that GroupName and GeneratorsName name, if it fits. Default: group and generators are written out. */
  readonly recommended?: RecommendedSubgroup
}

/** The up:IssuerParameters element (section 3.2.1). */
export function writeIssuerParameters(profile: ProfileParameters, options: WriteParametersOptions = {}): XmlElement {
  const { parameters, uidp, specification } = profile
  const { group, n, g0, g, gt, z, hash } = parameters
  // Revision 1 has z values.
  if (z === undefined) throw new WsTrustError('ws-trust/other-parameters')
  const named = options.recommended && setOfGroup([options.recommended], group)
  const namedGenerators = named && hasGenerators(parameters, named) ? named : undefined
  return writeParametersDocument({
    n,
    uidp,
    // Revision 1, the profile's, is defined over subgroups only.
    group: named ? uriOf(named) : (group as Subgroup),
    hashAlgorithm: uriOfHash(hash),
    g0,
    generators: namedGenerators ? uriOf(namedGenerators) : { g, gt },
    z,
    zd: z.zd,
    specification,
    specificationOctets: parameters.specification,
  })
}

function hasGenerators({ g, gt }: IssuerParameters, { generators, gt: other }: RecommendedSubgroup): boolean {
  return equalOctets(gt, other) && g.every((gi, i) => generators[i] !== undefined && equalOctets(gi, generators[i]))
}

/** The limits of parsing Issuer parameters: many times the size of 50 attributes in a 3072-bit group. */
const PARAMETERS_LIMITS: ParseOptions = { maxBytes: 1024 * 1024, maxNodes: 10_000 }

/** The options of `readIssuerParameters`. */
export interface ReadParametersOptions extends Pick<IssuerParametersOptions, 'allowLegacy'> {
  readonly engine: Engine
  /** The known sets of parameters. Those of the recommended parameters profile are in `uprove-wasm/params`. */
  readonly sets: readonly RecommendedSubgroup[]
  /** The limits of parsing. Default: 1 MiB and 10,000 nodes. */
  readonly limits?: ParseOptions
}

/**
 * The verified Issuer parameters of a document that came over an authenticated channel; for a signed document use
 * `loadIssuerParameters()`. The group is validated, and every element is tested for membership. Section 3.2.
 *
 * Throws `XmlError`; `WsTrustError`: shape, `ws-trust/version`, `.../unknown-group`, `.../curve-group`,
 * `.../unknown-generators`, `.../unknown-hash`, `.../unknown-device-generator`, `.../n-mismatch`, `.../e-value`, `.../validity-order`,
 * `.../number-range`, `.../unexpected-signature`; `InvalidGroupError`; `InvalidInputError` (`parameters/...`, `hash/legacy`).
 */
export function readIssuerParameters(input: XmlInput, options: ReadParametersOptions): ProfileParameters {
  const element = artefact(input, 'IssuerParameters', UP, { ...PARAMETERS_LIMITS, ...options.limits })
  if (element.elements.some((child) => child.is(DSIG_NAMESPACE, 'Signature'))) {
    throw new WsTrustError('ws-trust/unexpected-signature')
  }
  return verifyDocument(readParametersDocument(element), options)
}

/** Verifies a document that was read. Throws like `readIssuerParameters`. */
export function verifyDocument(document: IssuerParametersDocument, options: ReadParametersOptions): ProfileParameters {
  const { engine, sets, allowLegacy = false } = options
  const group = engine.subgroup(describedGroup(document, sets), { allowLegacy })
  try {
    return verifyIn(group, document, options)
  } catch (error) {
    // Nobody else knows the group.
    group.dispose()
    throw error
  }
}

function verifyIn(
  group: Subgroup,
  document: IssuerParametersDocument,
  { sets, allowLegacy = false }: ReadParametersOptions,
): ProfileParameters {
  const { n, uidp, specification, specificationOctets } = document
  const set = setOfGroup(sets, group)
  const hash = hashByUri(document.hashAlgorithm)
  if (hash === undefined) throw new WsTrustError('ws-trust/unknown-hash')

  const wide = (number: Uint8Array): Uint8Array => atWidth(number, group.elementLength)
  const { g, gt } = generatorsOf(document, set)
  const { z0, z, zt } = document.z
  // Without a known g_d, such parameters serve tokens without a Device.
  const gd = document.zd && set?.gd
  const values = {
    revision: 1 as const,
    uid: encodeText(uidp),
    hash,
    g0: wide(document.g0),
    g: g.map(wide),
    gt: wide(gt),
    gd,
    encodings: new Array<number>(n).fill(1),
    specification: specificationOctets,
    z: { z0: wide(z0), z: z.map(wide), zt: wide(zt), zd: gd && wide(document.zd) },
  }
  const parameters = IssuerParameters.verify(group, values, { recommended: set, allowLegacy })
  return { parameters, uidp, specification, deviceGenerator: gd && uriOf(set) }
}

function describedGroup(
  { group }: IssuerParametersDocument,
  sets: readonly RecommendedSubgroup[],
): SubgroupDescription {
  if (typeof group !== 'string') return group
  const named = setByUri(sets, group)
  if (named === undefined) throw new WsTrustError(isCurve(group) ? 'ws-trust/curve-group' : 'ws-trust/unknown-group')
  return named
}

/** g_1 to g_n and g_t; a named set must belong to the group. */
function generatorsOf({ generators, n }: IssuerParametersDocument, set: RecommendedSubgroup | undefined): Generators {
  if (typeof generators !== 'string') return generators
  if (set === undefined || uriOf(set) !== generators || n > set.generators.length) {
    throw new WsTrustError('ws-trust/unknown-generators')
  }
  return { g: set.generators.slice(0, n), gt: set.gt }
}

/**
 * Checks that parameters may be used for issuing and presenting at a time (section 3.2.1).
 * Throws `WsTrustError` (`ws-trust/parameters-not-yet-valid`, `ws-trust/parameters-expired`).
 */
export function checkInForce({ specification }: ProfileParameters, at: Date): void {
  if (at < specification.notBefore) throw new WsTrustError('ws-trust/parameters-not-yet-valid')
  if (at >= specification.notOnOrAfter) throw new WsTrustError('ws-trust/parameters-expired')
}

export interface LoadParametersOptions extends ReadParametersOptions {
  readonly trust: SignerTrust
  /** Decides whether the signer may speak for the Issuer that the parameters name. Default: `issuerOfCertificate`. */
  readonly identity?: IdentityRule
}

/**
 * The verified Issuer parameters of a signed document: the signature, the signer's certificate, the signer's identity with the
 * Issuer, and then the parameters themselves are verified (section 3.2.3). Throws like `readIssuerParameters`, and
 * `WsTrustError` (`ws-trust/signature`, `ws-trust/signer`, `ws-trust/issuer-identity`).
 */
export async function loadIssuerParameters(
  input: XmlInput,
  options: LoadParametersOptions,
): Promise<ProfileParameters> {
  const { trust, identity = issuerOfCertificate } = options
  const received = artefact(await parseInput(input, { ...PARAMETERS_LIMITS, ...options.limits }), 'IssuerParameters')
  const { element, signer } = await verifySigned(received, received, trust, 'issuer-parameters')
  const document = readParametersDocument(element)
  if (!identity(document.specification.issuer, signer)) throw new WsTrustError('ws-trust/issuer-identity')
  return verifyDocument(document, options)
}

/**
 * The up:IssuerParameters element with an enveloped signature. Throws `InvalidInputError` (`xml-signature/...`).
 *
 * @example
 * ```ts
 * import { createEngine } from 'uprove-wasm'
 * import { L2048N256 } from 'uprove-wasm/params/L2048N256'
 * import {
 *   canonicalize, createIssuer, ecdsaSha256, loadIssuerParameters, signIssuerParameters,
 * } from 'uprove-wasm/ws-trust'
 *
 * const engine = await createEngine()
 * const issuer = createIssuer(engine.subgroup(L2048N256), {
 *   uidp: 'https://fabrikam.example/parameters/1',
 *   issuer: 'https://fabrikam.example',
 *   notBefore: new Date(Date.now() - 60_000),
 *   notOnOrAfter: new Date(Date.now() + 365 * 86_400_000),
 *   claimTypes: ['urn:example:role'],
 *   recommended: L2048N256,
 * })
 * const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
 * const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
 * const signed = await signIssuerParameters(issuer.parameters, {
 *   key: privateKey,
 *   algorithm: ecdsaSha256,
 *   recommended: L2048N256,
 * })
 *
 * // A trust of one pinned key. For certificates there is `certificateTrust()`.
 * const trust = {
 *   findSigner: async () => ({ key: publicKey, uris: ['https://fabrikam.example'], dnsNames: [] }),
 * }
 * const loaded = await loadIssuerParameters(canonicalize(signed), { engine, sets: [L2048N256], trust })
 * console.log(loaded.uidp) // https://fabrikam.example/parameters/1
 * ```
 */
export function signIssuerParameters(
  profile: ProfileParameters,
  options: WriteParametersOptions & SignOptions,
): Promise<XmlElement> {
  return signEnveloped(writeIssuerParameters(profile, options), options)
}
