import type { Engine } from '../../index.js'
import { L2048N256, L3072N256 } from '../../params/index.js'
import { decodePems } from '../../pki/asn1/pem.js'
import { openFileWallet } from '../../store/wallet-file.js'
import {
  loadIssuerParameters,
  readIssuerParameters,
  type ProfileParameters,
} from '../../ws-trust/artefacts/issuer-parameters.js'
import type { SealedWallet } from '../../ws-trust/wallet/sealed-wallet.js'
import { certificateTrust } from '../../ws-trust/trust/signer.js'
import { parseXml } from '../../xml/parse.js'
import { UsageError } from '../errors.js'
import { readText } from '../files/files.js'
import { withoutSignature } from '../inspection/explain.js'

const sets = [L2048N256, L3072N256]

/** Where the Issuer parameters of the tokens in a wallet are kept, as they were when they were verified. */
export const parametersBeside = (wallet: string): string => `${wallet}.parameters.xml`

/** Signed Issuer parameters, verified up to an authority (PEM). Throws `UsageError`, `WsTrustError`, `XmlError`. */
export async function trustedParameters(
  document: string,
  authority: string,
  engine: Engine,
): Promise<ProfileParameters> {
  const anchors = decodePems('CERTIFICATE', authority)
  if (anchors.length === 0) throw new UsageError('there is no certificate, in PEM, of the authority to be trusted')
  return loadIssuerParameters(document, { engine, sets, trust: certificateTrust({ anchors }) })
}

/** Issuer parameters that were verified when tokens were obtained, and kept by their owner since. */
export async function keptParameters(file: string, engine: Engine): Promise<ProfileParameters> {
  return readIssuerParameters(withoutSignature(parseXml(await readText(file))), { engine, sets })
}

export function openWallet(file: string, passphrase: string, parameters: ProfileParameters): Promise<SealedWallet> {
  return openFileWallet(file, { passphrase, parameters: [parameters] })
}

/** A claim type from its URI, or from the part after the last slash or colon. Throws `UsageError`. */
export function claimTypeOf(name: string, { specification: { claimTypes } }: ProfileParameters): string {
  const fitting = claimTypes.filter((type) => type === name || type.split(/[/:#]/).at(-1) === name)
  if (fitting.length === 1) return fitting[0]!
  const reason = fitting.length === 0 ? `there is no claim type ${name}` : `several claim types end in ${name}`
  throw new UsageError(`${reason}: choose from ${claimTypes.join(', ')}`)
}

/** A number of tokens. Throws `UsageError`. */
export function countOf(option: string, text: string | undefined): number {
  if (text !== undefined && !/^\d{1,6}$/.test(text)) throw new UsageError(`--${option} is a number of tokens`)
  return Number(text ?? 0)
}
