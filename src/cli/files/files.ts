import { randomBytes } from 'node:crypto'
import { link, open, readFile, rename, rm, stat } from 'node:fs/promises'
import type { Stream } from '../command/terminal.js'
import { FailureError, UsageError } from '../errors.js'

/** The octets of a file that the user named. Throws `UsageError`. */
export async function readOctets(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reasons: Record<string, string> = {
      ENOENT: 'no such file',
      EISDIR: 'this is a folder',
      EACCES: 'permission denied',
    }
    throw new UsageError(`cannot read ${file}: ${reasons[code ?? ''] ?? String(code)}`)
  }
}

/** The octets of standard input. */
export async function readInput(input: AsyncIterable<Uint8Array> = process.stdin): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of input) pieces.push(piece)
  return new Uint8Array(Buffer.concat(pieces))
}

/** The text of a file that the user named. Throws `UsageError`. */
export async function readText(file: string): Promise<string> {
  return new TextDecoder().decode(await readOctets(file))
}

/** The text of a file that holds a secret. Warns if other users can read or change the file. Throws `UsageError`. */
export async function readSecretText(file: string, err: Stream): Promise<string> {
  await warnIfExposed(file, err)
  return readText(file)
}

/** Warns if users other than the owner and the group can read or change a file. Windows keeps no such modes. */
export async function warnIfExposed(file: string, err: Stream): Promise<void> {
  if (process.platform === 'win32') return
  const mode = await stat(file).then(
    (found) => found.mode,
    () => 0,
  )
  if ((mode & 0o006) === 0) return
  err.write(`Warning: every user of this machine can access ${file}, which is secret. Run: chmod 600 ${file}\n`)
}

export interface WriteOptions {
  /** Only the owner can read it. Default false. */
  readonly secret?: boolean
  /** Takes the place of a file with this name. Default: such a file is a `FailureError`. */
  readonly replace?: boolean
}

export interface FileToWrite extends WriteOptions {
  readonly file: string
  readonly contents: string | Uint8Array
}

/**
 * Writes a file in one step: readers see all of it or none, also after a crash. A symbolic link with its name is never followed:
 * it is replaced, or it is a failure. Throws `FailureError`.
 */
export function writeFileWhole(file: string, contents: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
  return writeFilesWhole([{ file, contents, ...options }])
}

/**
 * Writes files that belong together, each as `writeFileWhole` does. They get their names, in this order, once all of them are on the
 * disk, so a disk that is full leaves everything as it was. Throws `FailureError`.
 */
export async function writeFilesWhole(files: readonly FileToWrite[]): Promise<void> {
  // The names are unguessable, and `wx` does not open an existing file.
  const staged = files.map((each) => ({ ...each, temporary: `${each.file}.${randomBytes(12).toString('hex')}.new` }))
  try {
    for (const { file, temporary, contents, secret = false } of staged) {
      await explained(file, async () => {
        const handle = await open(temporary, 'wx', secret ? 0o600 : 0o644)
        try {
          await handle.writeFile(contents)
          await handle.sync()
        } finally {
          await handle.close()
        }
      })
    }
    for (const { file, temporary, replace = false } of staged) {
      await explained(file, () => (replace ? rename(temporary, file) : link(temporary, file)))
    }
  } finally {
    for (const { temporary } of staged) await rm(temporary, { force: true })
  }
}

/** Says which file could not be written, and why. */
async function explained(file: string, action: () => Promise<void>): Promise<void> {
  try {
    await action()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    const reasons: Record<string, string> = {
      EEXIST: 'the file exists',
      ENOENT: 'no such folder',
      EACCES: 'permission denied',
      ENOSPC: 'the disk is full',
      EDQUOT: 'the quota of the disk is used up',
    }
    throw new FailureError(`cannot write ${file}: ${reasons[code] ?? code}`, { cause: error })
  }
}
