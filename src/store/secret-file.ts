import { randomBytes } from 'node:crypto'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import path from 'node:path'

/**
 * Creates a file with secrets, readable to its owner only, and writes it to the disk. Rejects with Node's `EEXIST` if the
 * name is taken, even by a symbolic link: the file is never written through a link.
 */
export async function createSecretFile(file: string, contents: string | Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await syncAndClose(handle, () => handle.writeFile(contents))
  } catch (error) {
    // A full disk leaves no part of it behind.
    await rm(file, { force: true })
    throw error
  }
}

/**
 * Replaces a file with secrets, or creates it: a crash leaves the old contents or the new ones. A symbolic link of that name is
 * replaced, not followed.
 */
export async function replaceSecretFile(file: string, contents: string | Uint8Array): Promise<void> {
  const temporary = `${file}.${randomBytes(8).toString('hex')}.new`
  await createSecretFile(temporary, contents)
  try {
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  // The rename is on the disk once the folder is.
  const folder = await open(path.dirname(file), 'r')
  await syncAndClose(folder)
}

async function syncAndClose(handle: FileHandle, write?: () => Promise<void>): Promise<void> {
  try {
    await write?.()
    await handle.sync()
  } finally {
    await handle.close()
  }
}
