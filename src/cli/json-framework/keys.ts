import { existsSync } from 'node:fs'
import { encodeBase64Url } from '../../../bindings/octets/base64.js'
import { equalOctets } from '../../../bindings/octets/octets.js'
import type { Engine, IssuerParameters } from '../../index.js'
import { writeJwkSet } from '../../json/artefacts/keys.js'
import { specificationOf } from '../../json/artefacts/specification.js'
import { FailureError, UsageError } from '../errors.js'
import { readText, writeFileWhole } from '../files/files.js'
import { readKeys } from '../servers/json-framework.js'

/** The file beside a wallet that keeps a key as it was fetched: the first, or the one with a number from 2. */
const keyFile = (wallet: string, number: number): string =>
  number === 1 ? `${wallet}.jwks.json` : `${wallet}.jwks-${number}.json`

/** The name of a key as JSON has it. */
export const kidOf = ({ uid }: IssuerParameters): string => encodeBase64Url(uid)

/** The keys of the Issuers of a wallet's tokens. They came over TLS when tokens were obtained, and are kept beside the wallet. */
export async function keptKeys(wallet: string, engine: Engine): Promise<IssuerParameters[]> {
  const kept: IssuerParameters[] = []
  for (let number = 1; existsSync(keyFile(wallet, number)); number++) {
    kept.push(...readKeys(await readText(keyFile(wallet, number)), engine))
  }
  return kept
}

/** Keeps a key beside a wallet. Throws `FailureError` if another one of the same name is there. */
export async function keepKey(wallet: string, parameters: IssuerParameters, engine: Engine): Promise<void> {
  const kept = await keptKeys(wallet, engine)
  const same = kept.find(({ uid }) => equalOctets(uid, parameters.uid))
  if (same === undefined) {
    const document = `${JSON.stringify(writeJwkSet([parameters]), undefined, 2)}\n`
    let number = 1
    while (existsSync(keyFile(wallet, number))) number++
    await writeFileWhole(keyFile(wallet, number), document, { secret: true })
  } else if (!equalOctets(same.digest(false), parameters.digest(false))) {
    throw new FailureError(`the server's key ${kidOf(parameters)} differs from that of the tokens in ${wallet}`)
  }
}

/** The key of a name. Throws `UsageError`. */
export function keyNamed(keys: readonly IssuerParameters[], kid: string): IssuerParameters {
  const found = keys.find((key) => kidOf(key) === kid)
  if (found === undefined) throw new UsageError(`there is no key ${kid}; choose from ${keys.map(kidOf).join(', ')}`)
  return found
}

/** The claim types of a key's attributes: what its specification says, or their numbers. */
export function claimTypesOf(parameters: IssuerParameters): string[] {
  const { attrTypes } = specificationOf(parameters)
  const types: readonly unknown[] = Array.isArray(attrTypes) ? attrTypes : []
  return Array.from({ length: parameters.n }, (_, i) => {
    const type = types[i]
    return typeof type === 'string' ? type : String(i + 1)
  })
}
