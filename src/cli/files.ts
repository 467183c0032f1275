import { readFile } from 'node:fs/promises'
import { UsageError } from './errors.js'

/** The octets of a file that the user named. Throws `UsageError`. */
export async function readOctets(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reasons: Record<string, string> = { ENOENT: 'there is no such file', EISDIR: 'it is a folder' }
    throw new UsageError(`cannot read ${file}: ${reasons[code ?? ''] ?? String(code)}`)
  }
}

/** The text of a file that the user named. Throws `UsageError`. */
export async function readText(file: string): Promise<string> {
  return new TextDecoder().decode(await readOctets(file))
}
