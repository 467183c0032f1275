import type { Certificate } from '../../pki/x509/certificate.js'
import { findPath, type PathOptions } from '../../pki/x509/path.js'

export interface SignerPathOptions extends PathOptions {
  /** The purpose that the signer's certificate must have. */
  readonly extendedKeyUsage: string
}

/**
 * Whether a path of valid certificates leads from the signer's to an anchor, and the signer's may sign for the purpose. An anchor
 * may itself be the signer's certificate.
 */
export async function isTrusted(signer: Certificate, options: SignerPathOptions): Promise<boolean> {
  const usable = signer.keyUsage?.has('digitalSignature') ?? true
  if (!usable || signer.extendedKeyUsage?.includes(options.extendedKeyUsage) !== true || signer.isCa) return false
  return (await findPath(signer, options)) !== undefined
}
