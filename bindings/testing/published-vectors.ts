import { existsSync } from 'node:fs'
import path from 'node:path'

/** Where Debian's python3-cryptography-vectors puts NIST's vectors. */
const debianFolder = '/usr/lib/python3/dist-packages/cryptography_vectors'

/**
 * The folder of a set of NIST's vectors in Debian's python3-cryptography-vectors, or the folder that the environment variable
 * names. Without it, says that the tests of the set are skipped and gives undefined.
 */
export function nistVectors(set: string, variable: string, inPackage: string): string | undefined {
  const folder = process.env[variable] ?? path.join(debianFolder, inPackage)
  return present(set, folder, 'install python3-cryptography-vectors')
}

/** The folder of Wycheproof's test vectors that WYCHEPROOF_DATA names; undefined, and a warning, without it. */
export function wycheproofVectors(): string | undefined {
  const folder = process.env['WYCHEPROOF_DATA'] ?? ''
  return present('Wycheproof', folder, 'set WYCHEPROOF_DATA to testvectors_v1 of github.com/C2SP/wycheproof')
}

function present(set: string, folder: string, remedy: string): string | undefined {
  if (existsSync(folder)) return folder
  console.warn(`SKIPPED: ${set}, because its folder ${folder} is missing (${remedy})`)
  return undefined
}
