import { open, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { randomUUID } from 'node:crypto'
import { StoreError } from './errors.js'

/** How long somebody who takes over a lock waits for others who do so at the same time. */
const SETTLE = 50

/**
 * Keeps a folder to one process of this machine, by a file that names it. A process that was killed leaves its file behind,
 * and the next one takes over. Folders that several machines or containers mount are not protected.
 */
export class FolderLock {
  private constructor(
    private readonly file: string,
    private readonly owner: string,
  ) {}

  /** Throws `StoreError` (`store/folder-in-use`). */
  static async acquire(folder: string): Promise<FolderLock> {
    const file = path.join(folder, 'lock')
    const owner = `${process.pid} ${await startOf(process.pid)} ${randomUUID()}`
    const mine = `${file}.${process.pid}`
    const handle = await open(mine, 'w', 0o600)
    await handle.writeFile(owner)
    await handle.close()
    const before = await ownerOf(file)
    if (before !== undefined && (await isAlive(before))) {
      await rm(mine, { force: true })
      throw new StoreError('store/folder-in-use')
    }
    await rename(mine, file)
    // Others may have seen the dead owner too; the last to rename has the lock, and the rest see that.
    await sleep(SETTLE)
    if ((await ownerOf(file)) !== owner) throw new StoreError('store/folder-in-use')
    return new FolderLock(file, owner)
  }

  async release(): Promise<void> {
    if ((await ownerOf(this.file)) === this.owner) await rm(this.file, { force: true })
  }
}

async function ownerOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined)
}

/** Whether the process that an owner names still runs, and is not another one that got its number. */
async function isAlive(owner: string): Promise<boolean> {
  const [id = '', start] = owner.split(' ')
  try {
    process.kill(Number(id), 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  return (await startOf(Number(id))) === start
}

/** When a process began, in ticks since the start of the machine; where nobody tells, `-`. */
async function startOf(id: number): Promise<string> {
  const stat = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '')
  // The second field may hold blanks and brackets. proc(5)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-'
}
