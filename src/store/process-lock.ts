import { randomUUID } from 'node:crypto'
import { link, open, readFile, rm } from 'node:fs/promises'

/**
 * Reserves something for one process of this machine, by a file that names the process. A killed process leaves its file behind; the
 * next process puts a file beside it that is named after the dead owner, which only one process can do. It does not protect
 * what several machines or containers mount.
 */
export class ProcessLock {
  private constructor(private readonly file: string) {}

  /** The lock with this name, a path; undefined if a running process has it, or somebody unknown. */
  static async acquire(name: string): Promise<ProcessLock | undefined> {
    const id = randomUUID()
    const mine = `${name}.${id}.new`
    const self = `${process.pid} ${await startOf(process.pid)} ${id}`
    try {
      await write(mine, self)
      let file = name
      for (;;) {
        if (await claim(mine, file)) return new ProcessLock(file)
        const owner = await readFile(file, 'utf8').catch(() => undefined)
        // The owner has just released it.
        if (owner === undefined) continue
        const [, dead] = /^\d+ \S+ ([0-9a-f-]{36})$/.exec(owner) ?? []
        if (dead === undefined || (await isAlive(owner))) return undefined
        file = `${name}.${dead}`
      }
    } finally {
      await rm(mine, { force: true })
    }
  }

  async release(): Promise<void> {
    await rm(this.file, { force: true })
  }
}

/** Gives a file its name unless the name is taken. */
async function claim(mine: string, file: string): Promise<boolean> {
  try {
    await link(mine, file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

async function write(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Whether the process that the lock names still runs, and its number was not reused. */
async function isAlive(owner: string): Promise<boolean> {
  const [id = '', start] = owner.split(' ')
  try {
    process.kill(Number(id), 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  return (await startOf(Number(id))) === start
}

/** When a process began, in ticks since the machine started; `-` on systems without /proc. */
async function startOf(id: number): Promise<string> {
  const stat = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '')
  // The second field may hold blanks and brackets. proc(5)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-'
}
