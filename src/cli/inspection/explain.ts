import { bitLength, toHex } from '../../../bindings/octets/integers.js'
import type { Engine } from '../../index.js'
import { L1024N160, L2048N256, L3072N256 } from '../../params/index.js'
import { readDeviceParameters } from '../../ws-trust/artefacts/device-parameters.js'
import { readIssuerParameters } from '../../ws-trust/artefacts/issuer-parameters.js'
import {
  readFirstResponse,
  readSecondResponse,
  readThirdResponse,
  readTokenRequest,
} from '../../ws-trust/issuance/messages.js'
import { UP, WST } from '../../ws-trust/syntax/names.js'
import {
  parseClientNonce,
  readMessage,
  type PresentationMessage,
} from '../../ws-trust/artefacts/presentation-message.js'
import { readPresentationToken } from '../../ws-trust/artefacts/presentation-token.js'
import { readToken, type TokenDocument } from '../../ws-trust/artefacts/token.js'
import { readTokenInformation, type TokenInformation } from '../../ws-trust/artefacts/token-information.js'
import { DSIG_NAMESPACE, withoutSignature } from '../../xml/signature.js'
import type { XmlElement } from '../../xml/tree.js'
import { abbreviate, type ExplainedArtefact, type Facts } from './facts.js'

/** The element is not an artefact of the profile. */
export class UnknownArtefactError extends Error {}

const RSTR = 'RequestSecurityTokenResponse'

/**
 * Explains an artefact of the WS-Trust profile. Issuer parameters are verified as a Relying Party does. Signatures are named and
 * not verified, because inspection trusts no authority. Throws `UnknownArtefactError`, and `UProveError` for a malformed artefact.
 */
export function explain(element: XmlElement, engine: Engine): ExplainedArtefact {
  const name = element.namespace === UP || element.namespace === WST ? element.localName : ''
  switch (name) {
    case 'IssuerParameters':
      return { artefact: 'Issuer parameters', facts: ofIssuerParameters(element, engine) }
    case 'DeviceParameters': {
      const { deviceGenerator, hd } = readDeviceParameters(withoutSignature(element))
      const facts = { 'Device generator': deviceGenerator, h_d: abbreviate(hd), ...ofSignature(element) }
      return { artefact: 'Device parameters', facts }
    }
    case 'Token':
      return { artefact: 'token', facts: ofToken(readToken(element)) }
    case 'TI':
      return { artefact: 'token information', facts: ofTokenInformation(readTokenInformation(element)) }
    case 'Message':
      return { artefact: 'presentation message', facts: ofMessage(readMessage(element)) }
    case 'PresentationToken':
      return { artefact: 'presentation token', facts: ofPresentationToken(element) }
    case 'RequestSecurityToken':
      return { artefact: 'token request', facts: ofTokenRequest(element) }
    case RSTR:
      return element.elements.some((child) => child.is(UP, 'UIDP'))
        ? { artefact: 'first issuance response', facts: ofFirstResponse(element) }
        : { artefact: 'second issuance response', facts: ofSecondResponse(element) }
    case `${RSTR}Collection`: {
      const { context, sigmaR } = readThirdResponse(element)
      const facts = { Context: context, 'sigma_r by instance': sigmaR.map((numbers) => numbers.length) }
      return { artefact: 'third issuance response', facts }
    }
    default:
      throw new UnknownArtefactError()
  }
}

function ofIssuerParameters(element: XmlElement, engine: Engine): Facts {
  const sets = [L1024N160, L2048N256, L3072N256]
  const options = { engine, sets, allowLegacy: true }
  const profile = readIssuerParameters(withoutSignature(element), options)
  const { parameters, uidp, specification, deviceGenerator } = profile
  const { group } = parameters
  const named = sets.find((set) => group.matches(set))
  const size = `p of ${8 * group.elementLength} bits, q of ${bitLength(group.q)}`
  return {
    UIDP: uidp,
    Issuer: specification.issuer,
    'valid from': specification.notBefore.toISOString(),
    'valid until': specification.notOnOrAfter.toISOString(),
    group: `${named?.name ?? 'not a recommended one'}, ${size}${group.legacy ? ', too weak for new tokens' : ''}`,
    hash: parameters.hash,
    'Device-protected tokens': deviceGenerator ?? 'not supported',
    attributes: specification.claimTypes.map((claimType, i) => `${i + 1}: ${claimType}`),
    'P, without a Device': toHex(parameters.digest(false)),
    ...ofSignature(element),
    verified: 'the group, and the membership of all elements',
  }
}

function ofSignature(element: XmlElement): Facts {
  const signature = element.child('Signature', DSIG_NAMESPACE)
  if (signature === undefined) return { signature: 'none' }
  const within = descendants(signature)
  const method = within.find((child) => child.is(DSIG_NAMESPACE, 'SignatureMethod'))?.attribute('Algorithm')
  const certificates = within.filter((child) => child.is(DSIG_NAMESPACE, 'X509Certificate')).length
  return { signature: { algorithm: method ?? 'none', certificates, verified: false } }
}

function ofToken({ uidp, h, tokenInformation, sigmaCPrime }: TokenDocument): Facts {
  return { UIDP: uidp, h: abbreviate(h), "sigma_c'": abbreviate(sigmaCPrime), TI: ofTokenInformation(tokenInformation) }
}

function ofTokenInformation({ notOnOrAfter, deviceGenerator, octets }: TokenInformation): Facts {
  return {
    'valid until': notOnOrAfter.toISOString(),
    Device: deviceGenerator ?? 'none',
    octets: new TextDecoder().decode(octets),
  }
}

function ofMessage({ nonce, signedData }: PresentationMessage): Facts {
  const own = parseClientNonce(nonce)
  const source: Facts = own
    ? { 'made by': 'the client', at: own.time.toISOString(), for: own.relyingParty }
    : { 'made by': 'the Relying Party', nonce }
  return { ...source, 'data signed': signedData ?? null }
}

function ofPresentationToken(element: XmlElement): Facts {
  const { message, presentations } = readPresentationToken(element)
  return {
    message: ofMessage(message),
    presentations: presentations.map(({ tokenClass, token, attributes, a, r, rd }) => ({
      class: tokenClass,
      token: ofToken(token),
      disclosed:
        tokenClass === 'ID'
          ? 'all attributes; they are null'
          : attributes.map((x) => `${x.index}: ${x.value ?? 'null'}`),
      undisclosed: r.length,
      a: toHex(a),
      'with a Device': rd !== undefined,
    })),
  }
}

function ofTokenRequest(element: XmlElement): Facts {
  const { context, instances, deviceParameters } = readTokenRequest(element)
  return {
    Context: context,
    'asked for':
      instances?.map(({ tokenClass, tokenCount }) => `${tokenCount} ${tokenClass}`) ?? 'the Claim Provider decides',
    Device: deviceParameters && readDeviceParameters(withoutSignature(deviceParameters)).deviceGenerator,
  }
}

function ofFirstResponse(element: XmlElement): Facts {
  const { context, uidp, instances } = readFirstResponse(element)
  return {
    Context: context,
    UIDP: uidp,
    instances: instances.map(({ tokenClass, tokenCount, attributes, tokenInformation }) => ({
      tokens: `${tokenCount} ${tokenClass}`,
      attributes: attributes?.map((value, i) => `${i + 1}: ${value ?? 'null'}`),
      TI: ofTokenInformation(tokenInformation),
    })),
  }
}

function ofSecondResponse(element: XmlElement): Facts {
  const { context, sigmaC } = readSecondResponse(element)
  return { Context: context, 'sigma_c by instance': sigmaC.map((numbers) => numbers.length) }
}

/** An element and all its descendants, in document order. */
export function descendants(element: XmlElement): XmlElement[] {
  return [element, ...element.elements.flatMap(descendants)]
}
