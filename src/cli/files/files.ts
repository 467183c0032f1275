import { link, open, readFile, rename, rm } from 'node:fs/promises'
import { FailureError, UsageError } from '../errors.js'

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

export interface WriteOptions {
  /** For the owner only. Default false. */
  readonly secret?: boolean
  /** Takes the place of a file that is there already. Default: `FailureError`. */
  readonly replace?: boolean
}

/** Writes a file so that nobody ever sees half of it, and a crash leaves all or nothing. Throws `FailureError`. */
export async function writeFileWhole(
  file: string,
  contents: string | Uint8Array,
  { secret = false, replace = false }: WriteOptions = {},
): Promise<void> {
  const temporary = `${file}.${process.pid}.new`
  try {
    const handle = await open(temporary, 'w', secret ? 0o600 : 0o644)
    try {
      await handle.writeFile(contents)
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (replace) await rename(temporary, file)
    else await link(temporary, file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    const reasons: Record<string, string> = { EEXIST: 'it is there already', ENOENT: 'there is no such folder' }
    throw new FailureError(`cannot write ${file}: ${reasons[code] ?? code}`, { cause: error })
  } finally {
    await rm(temporary, { force: true })
  }
}
