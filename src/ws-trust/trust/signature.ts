import { known } from '../../../bindings/octets/lists.js'
import { verifySignature, type IdAttribute } from '../../xml/signature.js'
import type { XmlElement } from '../../xml/tree.js'
import { WsTrustError } from '../errors.js'
import type { Signer, SignerTrust, SigningPurpose } from './signer.js'

/** A signed element, parsed from the octets that the signature covers, and its signer. */
export interface Signed {
  readonly element: XmlElement
  readonly signer: Signer
}

/**
 * Verifies the enveloped signature of an element that stands in `document`, made by a signer who is trusted for the purpose.
 * Throws `WsTrustError` (`ws-trust/signer`, `ws-trust/signature`).
 */
export async function verifySigned(
  document: XmlElement,
  target: XmlElement,
  trust: SignerTrust,
  purpose: SigningPurpose,
  idAttributes?: readonly IdAttribute[],
): Promise<Signed> {
  let signer: Signer | undefined
  const verification = await verifySignature(document, {
    target,
    key: async (hint) => (signer = await trust.findSigner(hint, purpose))?.key,
    algorithms: trust.algorithms,
    idAttributes,
  })
  if (!verification.valid) {
    const { code } = verification
    const untrusted = code === 'xml-signature/unknown-key'
    throw new WsTrustError(untrusted ? 'ws-trust/signer' : 'ws-trust/signature', { cause: code })
  }
  return { element: verification.element, signer: known(signer) }
}
