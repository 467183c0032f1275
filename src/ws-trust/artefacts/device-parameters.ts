import type { XmlInput } from '../../xml/reader.js'
import { signEnveloped, type SignOptions } from '../../xml/signature.js'
import { element as buildElement, type XmlElement } from '../../xml/tree.js'
import { up } from '../syntax/names.js'
import { artefact, Outline } from '../syntax/outline.js'
import { verifySigned } from '../trust/signature.js'
import type { SignerTrust } from '../trust/signer.js'
import { checkUri, cryptoBinary, readCryptoBinary } from '../syntax/values.js'

/** The public values of a Device (section 4.2.2). */
export interface DeviceParameters {
  /** GdName: the URI of g_d. */
  readonly deviceGenerator: string
  /** h_d, big-endian octets of any width. An Issuer tests its membership even if it is signed. */
  readonly hd: Uint8Array
}

/**
 * The up:DeviceParameters element with the enveloped signature of the Device's issuer.
 *
 * @param id the element's identifier, which the signature refers to; it must be unique in every document with this element.
 * Throws `WsTrustError` (`ws-trust/uri`), `InvalidInputError` (`xml-signature/...`).
 */
export function signDeviceParameters(
  { deviceGenerator, hd }: DeviceParameters,
  id: string,
  options: SignOptions,
): Promise<XmlElement> {
  const element = up(
    'DeviceParameters',
    { Id: id },
    up('Gd', { GdName: checkUri(deviceGenerator) }),
    up('Hd', {}, cryptoBinary(hd)),
  )
  return signEnveloped(element, { ...options, idAttributes: [ID] })
}

const ID = { namespace: '', localName: 'Id' }

/**
 * Verifies signed Device parameters: the one Reference is "#" and the value of Id, the transforms are the enveloped
 * signature's and exclusive canonicalisation, the signer is trusted with Devices. Section 4.2.2.
 * Throws `XmlError`, `WsTrustError` (shape, `ws-trust/signature`, `ws-trust/signer`).
 */
export async function verifyDeviceParameters(input: XmlInput, trust: SignerTrust): Promise<DeviceParameters> {
  const received = artefact(input, 'DeviceParameters')
  // Inside another element, so that an empty Reference, which means the whole document, does not mean this element.
  const document = buildElement({ prefix: '', namespace: '', localName: 'document' }, [], [received])
  const { element } = await verifySigned(document, received, trust, 'device-parameters', [ID])
  return readDeviceParameters(element)
}

/** Reads an up:DeviceParameters element that has no signature. Throws `WsTrustError`. */
export function readDeviceParameters(element: XmlElement): DeviceParameters {
  const outline = new Outline(element, ['Id'])
  outline.attribute('Id')
  const gd = new Outline(outline.next('Gd'), ['GdName'])
  gd.end()
  const hd = readCryptoBinary(outline.next('Hd'))
  outline.end()
  return { deviceGenerator: checkUri(gd.attribute('GdName')), hd }
}
