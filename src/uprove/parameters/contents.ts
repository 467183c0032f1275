import type { Element, Group } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { attributesFrom, attributeScalars, tokenInformationScalar, type Attribute } from './attributes.js'
import type { TokenScalars } from './gamma.js'
import { copyOctets, nullableOctetsFrom, octetsFrom, type OctetsLike } from '../../../bindings/octets/octets.js'
import type { IssuerParameters } from './parameters.js'
import { objectFrom, isOctets } from '../../../bindings/octets/shape.js'

/** A Device's contribution to the issuance of tokens that it will protect. Made by `device.contribute()`. */
export interface DeviceContribution {
  /** h_d = g_d^x_d. */
  readonly hd: Uint8Array
  /** zeta_d = z_d^x_d, in Revision 1 only. */
  readonly zetaD?: Uint8Array
}

/** The contents of a batch of tokens. */
export interface ProverContentsOptions {
  /** (A_1, ..., A_n), as the Issuer has them. */
  readonly attributes: readonly Attribute[]
  /** TI, as the Issuer has it. Default empty. */
  readonly tokenInformation?: OctetsLike
  /** PI, which the Issuer does not see and Verifiers do. Default null. */
  readonly proverInformation?: OctetsLike | null
  /** For Device-protected tokens. */
  readonly device?: DeviceContribution
}

/** The contents of a batch, checked. */
export interface ProverContents {
  readonly scalars: TokenScalars
  readonly tokenInformation: Uint8Array
  readonly proverInformation: Uint8Array | null
  readonly hd: Element | undefined
  readonly zetaD: Element | undefined
}

/**
 * (x_1, ..., x_n) and x_t. Section 3. Throws `InvalidInputError` (`attribute/...`, `scalar/range`, `octets/...`,
 * `parameters/no-device`).
 */
export function contentScalars(
  parameters: IssuerParameters,
  { attributes, tokenInformation = '' }: Pick<ProverContentsOptions, 'attributes' | 'tokenInformation'>,
  deviceProtected: boolean,
): TokenScalars {
  return {
    x: attributeScalars(parameters, attributesFrom(parameters, attributes)),
    xt: tokenInformationScalar(parameters, octetsFrom(tokenInformation, 'TI'), deviceProtected),
  }
}

/** Throws `InvalidInputError` (`attribute/...`, `scalar/range`, `octets/...`, `parameters/no-device`, `device/...`). */
export function proverContents(parameters: IssuerParameters, options: ProverContentsOptions): ProverContents {
  const { attributes, tokenInformation: ti = '', proverInformation, device: contribution } = options
  const device =
    contribution === undefined ? undefined : objectFrom(contribution, 'options/type', "the Device's contribution")
  const tokenInformation = octetsFrom(ti, 'TI')
  return {
    scalars: contentScalars(parameters, { attributes, tokenInformation }, device !== undefined),
    tokenInformation,
    proverInformation: nullableOctetsFrom(proverInformation, 'PI'),
    hd: device && deviceElement(parameters, 'public-key', device.hd),
    zetaD: device && parameters.revision === 1 ? deviceElement(parameters, 'zeta-d', device.zetaD) : undefined,
  }
}

/**
 * An element from a Device, checked to be in G_q and not 1. Even a signed h_d is checked: with a component of small order,
 * sigma_b would reveal w modulo that order, and a few exchanges would reveal the Issuer's y_0. Section 9.
 *
 * Throws `InvalidInputError` (`device/public-key`, `device/zeta-d`, `parameters/no-device`).
 */
export function deviceElement(
  parameters: IssuerParameters,
  name: 'public-key' | 'zeta-d',
  octets: Uint8Array | undefined,
): Element {
  parameters.deviceGenerator()
  return memberFrom(parameters.group, octets, `device/${name}`, `the Device's ${name} is missing, not in G_q, or 1`)
}

/** A copy of octets that are in G_q and not 1. Throws `InvalidInputError` with this code and message. */
export function memberFrom(group: Group, octets: unknown, code: string, message: string): Element {
  // The copy is tested, since the caller's octets may change.
  const element = isOctets(octets) ? copyOctets(octets) : undefined
  if (element === undefined || !group.isMember(element)) throw new InvalidInputError(code, message)
  return element as Element
}
