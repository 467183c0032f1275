import { existsSync } from 'node:fs'
import { equalOctets } from '../../../bindings/octets/octets.js'
import type { Engine } from '../../index.js'
import { L1024N160, L2048N256, L3072N256 } from '../../params/index.js'
import { decodePems } from '../../pki/asn1/pem.js'
import { openFileWallet } from '../../store/wallet-file.js'
import {
  loadIssuerParameters,
  readIssuerParameters,
  type ProfileParameters,
} from '../../ws-trust/artefacts/issuer-parameters.js'
import { certificateTrust } from '../../ws-trust/trust/signer.js'
import type { SealedWallet } from '../../ws-trust/wallet/sealed-wallet.js'
import { parseXml } from '../../xml/parse.js'
import { withoutSignature } from '../../xml/signature.js'
import { FailureError, UsageError } from '../errors.js'
import { readText, writeFileWhole } from '../files/files.js'

const SETS = [L2048N256, L3072N256]

export interface TrustOptions {
  /** Accepts L1024N160 and SHA-1 too, which are too weak for new tokens. Default false. */
  readonly allowLegacy?: boolean
  /** When the certificates must be valid. Default: now. */
  readonly at?: Date
}

/** Signed Issuer parameters, verified up to an authority (PEM). Throws `UsageError`, `WsTrustError`, `XmlError`. */
export async function trustedParameters(
  document: string,
  authority: string,
  engine: Engine,
  { allowLegacy = false, at = new Date() }: TrustOptions = {},
): Promise<ProfileParameters> {
  const anchors = decodePems('CERTIFICATE', authority)
  if (anchors.length === 0) throw new UsageError('the file of the trusted authority contains no certificate in PEM')
  const sets = allowLegacy ? [L1024N160, ...SETS] : SETS
  const trust = certificateTrust({ anchors, clock: () => at })
  return loadIssuerParameters(document, { engine, sets, trust, allowLegacy })
}

/** The file beside a wallet that keeps Issuer parameters as they were verified: the first, or the one with a number from 2. */
const parametersFile = (wallet: string, number: number): string =>
  number === 1 ? `${wallet}.parameters.xml` : `${wallet}.parameters-${number}.xml`

/** The Issuer parameters of the tokens in a wallet. They were verified when tokens were obtained, and kept beside the wallet. */
export async function keptParameters(wallet: string, engine: Engine): Promise<ProfileParameters[]> {
  const kept: ProfileParameters[] = []
  for (let number = 1; existsSync(parametersFile(wallet, number)); number++) {
    const document = parseXml(await readText(parametersFile(wallet, number)))
    kept.push(readIssuerParameters(withoutSignature(document), { engine, sets: SETS }))
  }
  return kept
}

/**
 * Keeps Issuer parameters beside a wallet, and returns all that are there. Throws `FailureError` if others of the same name are
 * there: a wallet cannot hold tokens of both.
 */
export async function keepParameters(
  wallet: string,
  parameters: ProfileParameters,
  document: string,
  engine: Engine,
): Promise<ProfileParameters[]> {
  const kept = await keptParameters(wallet, engine)
  const same = kept.find(({ uidp }) => uidp === parameters.uidp)
  if (same === undefined) {
    await writeFileWhole(parametersFile(wallet, kept.length + 1), document, { secret: true })
    return [...kept, parameters]
  }
  if (!equalOctets(same.parameters.digest(false), parameters.parameters.digest(false))) {
    throw new FailureError(
      `the server's Issuer parameters ${parameters.uidp} differ from those of the tokens in ${wallet}`,
    )
  }
  return kept
}

/** Opens or makes the wallet in a file. Throws like `openFileWallet`. */
export function openWallet(
  file: string,
  passphrase: string,
  parameters: readonly ProfileParameters[],
): Promise<SealedWallet> {
  return openFileWallet(file, { passphrase, parameters })
}

/** A claim type from its URI, or from the part behind the last slash, colon or hash. Throws `UsageError`. */
export function claimTypeOf(name: string, claimTypes: readonly string[]): string {
  const [found, ...others] = claimTypes.filter((type) => type === name || type.split(/[/:#]/).at(-1) === name)
  if (found !== undefined && others.length === 0) return found
  const reason = found === undefined ? `unknown claim type ${name}` : `several claim types end in ${name}`
  throw new UsageError(`${reason}; choose from ${claimTypes.join(', ')}`)
}

/** A number of tokens. Throws `UsageError`. */
export function countOf(option: string, text: string | undefined): number {
  if (text !== undefined && !/^\d{1,6}$/.test(text)) throw new UsageError(`--${option} takes a number of tokens`)
  return Number(text ?? 0)
}
