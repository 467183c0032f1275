import type { Engine } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { encodeBase64 } from '../../../bindings/octets/base64.js'
import { wipe, type Octets } from '../../../bindings/octets/octets.js'
import type { RecommendedSubgroup } from '../../params/recommended.js'
import {
  createIssuer,
  signIssuerParameters,
  type ProfileParameters,
} from '../../ws-trust/artefacts/issuer-parameters.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { ecdsaSha256 } from '../../xml/signature-algorithms.js'

const DAY = 86_400_000

/** What signs Issuer parameters: the Claim Provider's key, and its certificate with the chain. */
export interface ParametersSigner {
  /** ECDSA on P-256. */
  readonly key: CryptoKey
  readonly certificates: readonly Octets[]
}

/** New Issuer parameters for five years, signed, and their private key y_0 in base64: what the files of a deployment hold. */
export async function makeIssuer(
  engine: Engine,
  recommended: RecommendedSubgroup,
  { uidp, url, claimTypes }: { readonly uidp: string; readonly url: string; readonly claimTypes: readonly string[] },
  signer: ParametersSigner,
): Promise<{ document: string; privateKey: string }> {
  const now = Date.now()
  const { issuer, parameters } = createIssuer(engine.subgroup(recommended), {
    ...{ uidp, issuer: url, claimTypes, recommended, device: true },
    notBefore: new Date(now - DAY),
    notOnOrAfter: new Date(now + 5 * 365 * DAY),
  })
  const y0 = issuer.exportPrivateKey()
  try {
    return { document: await signDocument(parameters, recommended, signer), privateKey: encodeBase64(y0) }
  } finally {
    wipe(y0)
  }
}

/** The signed document of Issuer parameters. */
export async function signDocument(
  parameters: ProfileParameters,
  recommended: RecommendedSubgroup,
  { key, certificates }: ParametersSigner,
): Promise<string> {
  const signed = await signIssuerParameters(parameters, { recommended, key, algorithm: ecdsaSha256, certificates })
  return new TextDecoder().decode(canonicalize(signed))
}

/** The key of a signer, PKCS#8 in DER, which is wiped. Throws `InvalidInputError` (`init/signer`) for one that is not ECDSA on P-256. */
export async function signerKey(pkcs8: Octets): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
  } catch (cause) {
    throw new InvalidInputError('init/signer', 'the key of the Claim Provider must be of ECDSA-P256', { cause })
  } finally {
    wipe(pkcs8)
  }
}
