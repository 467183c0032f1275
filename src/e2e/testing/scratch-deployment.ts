import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { initialize } from '../../server/deployment/init.js'
import { FILES } from '../../server/deployment/templates.js'
import { TestServer } from '../../store/testing/postgres.js'

export type StoreKind = 'PGlite' | 'PostgreSQL'

/** Passwords of the example users. */
export const PASSWORDS = { alice: 'correct horse', bob: 'battery staple' }

/** A deployment in a temporary folder. Its store is in the folder, or on its own PostgreSQL. */
export class ScratchDeployment {
  private constructor(
    readonly folder: string,
    readonly environment: { readonly DATABASE_URL: string },
    private readonly server: TestServer | undefined,
  ) {}

  /** @param changes pieces of `uprove.yaml` with their replacements. Throws if a piece is missing. */
  static async make(
    store: StoreKind,
    changes: readonly (readonly [string, string])[] = [],
  ): Promise<ScratchDeployment> {
    const folder = mkdtempSync(path.join(tmpdir(), 'deployment-'))
    const server = store === 'PGlite' ? undefined : await TestServer.start()
    const environment = { DATABASE_URL: (await server?.createDatabase()) ?? '' }
    await initialize(folder, { passwords: PASSWORDS, environment })
    const made = new ScratchDeployment(folder, environment, server)
    for (const [piece, replacement] of changes) made.edit(FILES.configuration, piece, replacement)
    return made
  }

  /** Replaces a piece of a file. Throws if it is missing. */
  edit(file: string, piece: string | RegExp, replacement: string): void {
    const name = path.join(this.folder, file)
    const before = readFileSync(name, 'utf8')
    const after = before.replace(piece, replacement)
    if (after === before) throw new Error(`${file} has nothing like ${String(piece)}`)
    writeFileSync(name, after)
  }

  async remove(): Promise<void> {
    await this.server?.stop()
    rmSync(this.folder, { recursive: true })
  }
}
