import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  accessSync,
  chownSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** Where Debian keeps versions of PostgreSQL that are not in the PATH. */
const DEBIAN = '/usr/lib/postgresql'

interface Programs {
  readonly initdb: string
  readonly postgres: string
  readonly basebackup: string
}

/** The programs of one installation; undefined if there is none. */
function findPrograms(): Programs | undefined {
  const versions = readNames(DEBIAN).sort((a, b) => Number(b) - Number(a))
  const folders = [
    ...versions.map((version) => path.join(DEBIAN, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ]
  for (const folder of folders) {
    const [initdb, postgres] = ['initdb', 'postgres'].map((name) => path.join(folder, name)) as [string, string]
    if (isExecutable(initdb) && isExecutable(postgres)) {
      const [own, server] = [realpathSync(initdb), realpathSync(postgres)]
      return { initdb: own, postgres: server, basebackup: path.join(path.dirname(server), 'pg_basebackup') }
    }
  }
  return undefined
}

/**
 * Whether PostgreSQL is installed; if not, says on the console which tests do not run. Throws on machines that must have it,
 * those with CI=true.
 */
export function hasPostgres(tests: string): boolean {
  if (findPrograms() !== undefined) return true
  if (process.env['CI'] === 'true') throw new Error(`PostgreSQL is not installed, and ${tests} must not be skipped`)
  console.warn(`SKIPPED: ${tests}, because PostgreSQL is not installed`)
  return false
}

export interface TestServerOptions {
  /** Names of files in PEM: the server then speaks TLS too. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Such as `fsync=off`. */
  readonly settings?: readonly string[]
}

/** A new, empty server that ends with the process. */
export class TestServer {
  #process: ChildProcess | undefined
  #databases = 0

  private constructor(
    private readonly programs: Programs,
    private readonly folder: string,
    private readonly user: User,
    private readonly settings: readonly string[],
    readonly port: number,
  ) {}

  static async start({ tls, settings: others = [] }: TestServerOptions = {}): Promise<TestServer> {
    const programs = findPrograms()
    if (programs === undefined) throw new Error('PostgreSQL is not installed')
    const user = unprivilegedUser()
    const folder = folderOf(user)
    const options = ['-U', 'uprove', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
    makeData(programs.initdb, options, folder, user)
    const settings = [...others]
    if (tls !== undefined) {
      // The server wants them to be its own.
      const [cert, key] = ['cert', 'key'].map((name) => path.join(folder, name)) as [string, string]
      writeFileSync(cert, readFileSync(tls.cert))
      writeFileSync(key, readFileSync(tls.key), { mode: 0o600 })
      give(user, cert, key)
      settings.push('ssl=on', `ssl_cert_file=${cert}`, `ssl_key_file=${key}`)
    }
    return TestServer.#begin(programs, folder, user, settings)
  }

  static async #begin(programs: Programs, folder: string, user: User, settings: readonly string[]) {
    const server = new TestServer(programs, folder, user, settings, await freePort())
    process.once('exit', () => server.#process?.kill('SIGKILL'))
    await server.begin()
    return server
  }

  /** Starts a synchronous standby: from now on this server acknowledges a commit when the standby has it on its disk. */
  async startStandby(): Promise<TestServer> {
    const folder = folderOf(this.user)
    const options = ['-h', this.folder, '-p', String(this.port), '-U', 'uprove', '-R', '-c', 'fast', '--no-sync']
    makeData(this.programs.basebackup, options, folder, this.user)
    const standby = await TestServer.#begin(this.programs, folder, this.user, this.settings)
    await this.query('postgres', "ALTER SYSTEM SET synchronous_standby_names TO '*'")
    await this.query('postgres', 'SELECT pg_reload_conf()')
    const isSynchronous = async (): Promise<boolean> => {
      const rows = await this.query('postgres', 'SELECT sync_state FROM pg_stat_replication')
      return rows.some((row) => row['sync_state'] === 'sync')
    }
    for (let attempt = 0; !(await isSynchronous()); attempt++) {
      if (attempt === 200) throw new Error('the standby does not follow')
      await sleep(50)
    }
    return standby
  }

  /** Makes a standby a server of its own. */
  async promote(): Promise<void> {
    const [row] = await this.query('postgres', 'SELECT pg_promote()')
    if (row?.['pg_promote'] !== true) throw new Error('the standby was not promoted')
  }

  /** The URL of a new database, through a socket of Unix. */
  async createDatabase(): Promise<string> {
    const name = `test${String(++this.#databases)}`
    await this.query('postgres', `CREATE DATABASE ${name}`)
    return this.url(name)
  }

  url(database: string): string {
    return `postgresql:///${database}?host=${encodeURIComponent(this.folder)}&port=${String(this.port)}&user=uprove`
  }

  /** Through TCP on this machine. */
  networkUrl(database: string): string {
    return `postgresql://uprove@127.0.0.1:${String(this.port)}/${database}`
  }

  async query(database: string, sql: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.url(database) })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end()
    }
  }

  /** Starts it, or starts it again. */
  async begin(): Promise<void> {
    const settings = [...this.settings, 'listen_addresses=127.0.0.1', `unix_socket_directories=${this.folder}`]
    const options = ['-D', path.join(this.folder, 'data'), '-p', String(this.port)]
    for (const setting of settings) options.push('-c', setting)
    const child = spawn(this.programs.postgres, options, {
      ...this.user,
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#process = child
    let log = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-4_000)))
    for (let attempt = 0; ; attempt++) {
      await sleep(50)
      if (child.exitCode !== null || attempt > 400) throw new Error(`postgres did not start: ${log}`)
      try {
        await this.query('postgres', 'SELECT 1')
        return
      } catch (error) {
        if (!/ECONNREFUSED|ECONNRESET|ENOENT|starting up|not yet accepting|recovery|terminated/.test(String(error)))
          throw error
      }
    }
  }

  /** Kills all its processes at once, as a loss of power does to them. */
  async crash(): Promise<void> {
    const child = this.#process!
    const ended = once(child, 'exit')
    // Stopped first: one that it forks for a client after the list was made would be missed, and keep its memory.
    child.kill('SIGSTOP')
    while (!['T', 'Z', undefined].includes(statOf(child.pid!)?.state)) await sleep(1)
    const workers = childrenOf(child.pid!)
    child.kill('SIGKILL')
    // They would see that it is gone, and end without a word; but may answer once more before.
    for (const pid of workers) killIfThere(pid)
    await ended
    // While one of them has its memory, the next server does not begin.
    while (workers.some(isRunning)) await sleep(10)
  }

  /** Shuts down as an operator does who restarts it: sessions are ended, their transactions rolled back. */
  async shutDown(): Promise<void> {
    const child = this.#process!
    const ended = once(child, 'exit')
    child.kill('SIGINT')
    await ended
  }

  async stop(): Promise<void> {
    const child = this.#process
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGQUIT')
      await ended
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

interface User {
  readonly uid?: number
  readonly gid?: number
}

/** A new folder of a user, with an empty folder `data` in it. */
function folderOf(user: User): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'pg-'))
  const data = path.join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  give(user, folder, data)
  return folder
}

function give({ uid, gid }: User, ...files: readonly string[]): void {
  if (uid === undefined || gid === undefined) return
  for (const file of files) chownSync(file, uid, gid)
}

/** Runs a program that fills the data of a server. */
function makeData(program: string, options: readonly string[], folder: string, user: User): void {
  const all = ['-D', path.join(folder, 'data'), ...options]
  const made = spawnSync(program, all, { ...user, cwd: folder, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`${program} failed: ${made.error?.message ?? made.stderr}`)
}

/** PostgreSQL does not run as root. */
function unprivilegedUser(): User {
  if (process.getuid?.() !== 0) return {}
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody')
  if (user === undefined) throw new Error('there is no user to run PostgreSQL as')
  return { uid: Number(user[2]), gid: Number(user[3]) }
}

/** The processes that a process has begun; none where there is no /proc. */
function childrenOf(pid: number): number[] {
  return readNames('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => statOf(candidate)?.parent === pid)
}

/** Whether a process is there, and more than a zombie that nobody has asked for. */
function isRunning(pid: number): boolean {
  const state = statOf(pid)?.state
  return state !== undefined && state !== 'Z'
}

/** Of a process, from /proc; undefined if it has ended. */
function statOf(pid: number): { state: string; parent: number } | undefined {
  try {
    // The name of the program, in parentheses, may have anything in it.
    const [, state = '', parent] = /^.*\) (\S) (\d+) /s.exec(readFileSync(`/proc/${String(pid)}/stat`, 'utf8')) ?? []
    return { state, parent: Number(parent) }
  } catch {
    return undefined
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
