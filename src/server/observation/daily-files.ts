import { closeSync, constants, fstatSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'

const DAY = 86_400_000
const NAME = /^security-(\d{4}-\d{2}-\d{2})\.log$/

/**
 * A log in one file a day, `security-YYYY-MM-DD.log` in a folder, readable to its owner only. Files are deleted when their last
 * line is older than the retention.
 */
export class DailyFiles {
  #file: { readonly day: string; readonly descriptor: number } | undefined

  /** @param retention in milliseconds */
  constructor(
    private readonly folder: string,
    private readonly retention: number,
    private readonly clock: () => Date = () => new Date(),
  ) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#deleteOld()
  }

  write(line: string): void {
    writeSync(this.#today(), line)
  }

  /** Deletes files older than the retention. Call it from time to time, since days may pass without a line. */
  sweep(): void {
    this.#deleteOld()
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file.descriptor)
    this.#file = undefined
  }

  #today(): number {
    const day = this.clock().toISOString().slice(0, 10)
    if (this.#file?.day !== day) {
      this.close()
      const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants
      const file = path.join(this.folder, `security-${day}.log`)
      const descriptor = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
      if (!fstatSync(descriptor).isFile()) throw new Error('the security log is not a file')
      this.#file = { day, descriptor }
      this.#deleteOld()
    }
    return this.#file.descriptor
  }

  #deleteOld(): void {
    const oldest = this.clock().getTime() - this.retention
    for (const name of readdirSync(this.folder)) {
      const [, day] = NAME.exec(name) ?? []
      // The day ends 24 hours after its name begins.
      if (day !== undefined && Date.parse(day) + DAY <= oldest) rmSync(path.join(this.folder, name), { force: true })
    }
  }
}
