import { undefinedOn } from '../../../bindings/errors.js'
import { bitLength, toHex } from '../../../bindings/octets/integers.js'
import { wipe } from '../../../bindings/octets/octets.js'
import {
  decodeIssuedToken,
  decodeIssuerParameters,
  decodeProof,
  decodeToken,
  InvalidInputError,
  IssuerParameters,
  verifyToken,
  type Engine,
  type Group,
  type IssuerParametersValues,
  type PresentationProof,
  type Token,
} from '../../index.js'
import { L1024N160, L2048N256, L3072N256, P256, P384, P521 } from '../../params/index.js'
import { UsageError } from '../errors.js'
import { abbreviate, some, textOf, type ExplainedArtefact, type Facts } from './facts.js'

const curves = [P256, P384, P521]
/** All recommended sets. */
export const sets = [L1024N160, L2048N256, L3072N256, ...curves]

/** Whether octets begin like Issuer parameters: with a version and a possible revision. */
export function isIssuerParameters([version, revision]: Uint8Array): boolean {
  return (version === 1 || version === 2) && (revision === 1 || revision === 3)
}

/** Explains verified Issuer parameters. */
export function explainParameters(parameters: IssuerParameters): ExplainedArtefact {
  const { revision, uid, group, hash, gd, g0, encodings, specification } = parameters
  const facts: Facts = {
    revision,
    UID_P: textOf(uid),
    group: sizeOf(group),
    hash,
    g_0: abbreviate(g0),
    attributes: encodings.map((e, i) => `${i + 1}: ${e === 1 ? 'hashed' : 'an integer below q'}`),
    'Device-protected tokens': gd === undefined ? 'not supported' : abbreviate(gd),
    S: textOf(specification),
    'P, without a Device': toHex(parameters.digest(false)),
    'P, with a Device': gd && toHex(parameters.digest(true)),
    verified: 'the group, and the membership of all elements',
  }
  return { artefact: 'Issuer parameters', facts }
}

/**
 * Explains a token, a held token or a proof in octets under its Issuer parameters. Throws `UProveError`, and `UsageError` for other
 * octets.
 */
export function explainUnder(parameters: IssuerParameters, octets: Uint8Array): ExplainedArtefact {
  // The octets do not contain their kind. Each form is read to its last octet, so at most one fits.
  const kinds: (() => ExplainedArtefact)[] = [
    () => ({ artefact: 'token', facts: ofToken(parameters, decodeToken(parameters, octets)) }),
    () => {
      const { token, privateKey } = decodeIssuedToken(parameters, octets)
      wipe(privateKey)
      const secret = { 'private key': 'in this file, not shown; with it, the token can be presented' }
      return { artefact: 'held token', facts: { ...ofToken(parameters, token), ...secret } }
    },
    () => ({ artefact: 'presentation proof', facts: ofProof(parameters, decodeProof(parameters, octets)) }),
  ]
  for (const explain of kinds) {
    const explanation = undefinedOn(InvalidInputError, explain)
    if (explanation !== undefined) return explanation
  }
  throw new UsageError('the file is not a token or a proof in octets under these Issuer parameters')
}

/** Issuer parameters in octets, verified as before any use. Throws `UProveError`. */
export function readParameters(octets: Uint8Array, engine: Engine): IssuerParameters {
  const { group: description, values } = decodeIssuerParameters(octets, { curves })
  return verifyParameters(engine.group(description, { allowLegacy: true }), values)
}

/** Verifies Issuer parameters over a recommended group or another one. Throws `UProveError`. */
export function verifyParameters(group: Group, values: IssuerParametersValues): IssuerParameters {
  const recommended = sets.find((set) => group.matches(set))
  return IssuerParameters.verify(group, values, { recommended, allowLegacy: true })
}

/** The facts about a token under its Issuer parameters. */
export function ofToken(parameters: IssuerParameters, token: Token): Facts {
  const { uid, tokenInformation, proverInformation, deviceProtected, h, sigmaZPrime } = token
  const verification = verifyToken(parameters, token)
  return {
    UID_P: textOf(uid),
    UID_T: verification.valid ? toHex(verification.tokenIdentifier) : undefined,
    group: sizeOf(parameters.group),
    TI: textOf(tokenInformation),
    PI: proverInformation === null ? null : textOf(proverInformation),
    'with a Device': deviceProtected,
    h: abbreviate(h),
    "sigma_z'": abbreviate(sigmaZPrime),
    signature: verification.valid ? 'verified' : `refused: ${verification.code}`,
  }
}

function ofProof(parameters: IssuerParameters, proof: PresentationProof): Facts {
  const { disclosed, a, r, rd, pseudonym, commitments } = proof
  return {
    group: sizeOf(parameters.group),
    disclosed: disclosed.map(({ index, attribute }) => `${index}: ${attribute === null ? 'null' : textOf(attribute)}`),
    undisclosed: r.length,
    a: toHex(a),
    'with a Device': rd !== undefined,
    pseudonym: pseudonym && {
      of: pseudonym.source === 'device' ? 'the Device' : `attribute ${pseudonym.source}`,
      P_s: toHex(pseudonym.pS),
    },
    commitments: some(commitments.map(({ index, cTilde }) => `${index}: ${toHex(cTilde)}`)),
    verified: 'no: that needs the token and the message',
  }
}

function sizeOf(group: Group): string {
  const weak = group.legacy ? ', too weak for new tokens' : ''
  const name = sets.find((set) => group.matches(set))?.name ?? 'not a recommended one'
  const { elementLength, scalarLength, q } = group
  return `${name}, q of ${bitLength(q)} bits, elements of ${elementLength} octets, scalars of ${scalarLength}${weak}`
}
