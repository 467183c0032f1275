import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Database } from '../database/database.js'
import { stateKeyFromOctets, type KeySource } from '../state/key-source.js'
import { openPglite } from '../database/pglite.js'
import { openPostgres } from '../database/postgres.js'
import type { StoreLocation } from '../databases.js'
import { hasPostgres, TestServer } from './postgres.js'

/** One of the two kinds of databases. */
export interface Backend {
  readonly name: 'PGlite' | 'PostgreSQL'
  /** A place with nothing in it. */
  newLocation(): Promise<StoreLocation>
  /** The databases of a store that is not open, to look at or to tamper with. */
  open(
    location: StoreLocation,
  ): Promise<{ readonly records: Database; readonly state: Database; close(): Promise<void> }>
  dispose(): Promise<void>
}

export function pgliteBackend(): Backend {
  const root = mkdtempSync(path.join(tmpdir(), 'pglite-'))
  const open: Backend['open'] = async ({ folder }) => {
    const databases = await openPglite(['records', 'state'].map((name) => path.join(folder!, name)))
    const [records, state] = databases as [Database, Database]
    return {
      records,
      state,
      close: async () => {
        await Promise.all(databases.map((each) => each.close()))
      },
    }
  }
  const template = path.join(root, 'template')
  let ready: Promise<void> | undefined
  let count = 0
  return {
    name: 'PGlite',
    open,
    async newLocation() {
      // To make a database takes seconds, to copy one does not.
      ready ??= open({ folder: template }).then((databases) => databases.close())
      await ready
      const folder = path.join(root, String(++count))
      cpSync(template, folder, { recursive: true })
      return { folder }
    },
    dispose() {
      rmSync(root, { recursive: true })
      return Promise.resolve()
    },
  }
}

export function postgresBackend(): Backend {
  let server: Promise<TestServer> | undefined
  return {
    name: 'PostgreSQL',
    async newLocation() {
      server ??= TestServer.start()
      return { url: await (await server).createDatabase() }
    },
    async open({ url }) {
      const database = await openPostgres(url!)
      return { records: database, state: database, close: () => database.close() }
    },
    async dispose() {
      await (await server)?.stop()
    },
  }
}

/** Both, or what is here of them. */
export function backends(tests: string): Backend[] {
  return [pgliteBackend(), ...(hasPostgres(tests) ? [postgresBackend()] : [])]
}

/** A key in memory; `replace()` makes the next. */
export function testKey(): KeySource {
  let key = crypto.getRandomValues(new Uint8Array(32))
  return {
    load: () => stateKeyFromOctets(key),
    replace: () => {
      key = crypto.getRandomValues(new Uint8Array(32))
      return stateKeyFromOctets(key)
    },
  }
}
