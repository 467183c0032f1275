import { EventEmitter } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCommandLine } from '../command-line.js'
import type { Initialized } from '../../server/deployment/init.js'
import { freePorts } from '../demo/demo.js'
import { run } from './terminal.js'

/** A deployment that `uprove init` made and `uprove serve` serves, in this process. */
export class ServedDeployment {
  readonly #signals = new EventEmitter()
  #told = ''
  #serving: Promise<number> | undefined

  private constructor(
    /** A temporary folder, of which the deployment is a part. */
    readonly root: string,
    readonly url: string,
    /** For clients that log in with a certificate. */
    readonly certificateUrl: string,
    readonly users: Readonly<Record<string, string>>,
  ) {}

  /** @param edit changes `uprove.yaml` before it is served. @param options further options of `init` */
  static async start(
    edit: (yaml: string) => string = (yaml) => yaml,
    options: readonly string[] = [],
  ): Promise<ServedDeployment> {
    const root = await mkdtemp(join(tmpdir(), 'uprove-cli-'))
    const free = await freePorts()
    const ports = ['--port', '--admin-port', '--http-port', '--certificate-port'].flatMap((option, i) => [
      option,
      String(free[i]),
    ])
    const made = await run(...['init', join(root, 'deployment'), ...ports, ...options, '--json'])
    if (made.code !== 0) throw new Error(made.err)
    const { url, certificateUrl, passwords } = JSON.parse(made.out) as Initialized
    const deployment = new ServedDeployment(root, url, certificateUrl, passwords)
    const file = join(deployment.folder, 'uprove.yaml')
    await writeFile(file, edit(await readFile(file, 'utf8')).replace('level: info', 'level: silent'))
    await deployment.serve()
    return deployment
  }

  get folder(): string {
    return join(this.root, 'deployment')
  }

  get authority(): string {
    return join(this.folder, 'keys/authority.crt')
  }

  /** What the server told on stderr. */
  get told(): string {
    return this.#told
  }

  async serve(): Promise<void> {
    this.#told = ''
    const err = { write: (text: string) => void (this.#told += text) }
    this.#serving = runCommandLine(['serve', this.folder], { out: err, err, signals: this.#signals, environment: {} })
    await Promise.race([this.telling('Serving'), this.#serving])
    if (!this.#told.includes('Serving')) throw new Error(this.#told)
  }

  signal(name: 'SIGHUP' | 'SIGTERM' | 'SIGINT'): void {
    this.#signals.emit(name)
  }

  /** Waits until the server has told something. */
  async telling(text: string): Promise<void> {
    while (!this.#told.includes(text)) await sleep(20)
  }

  /** Ends the server, and returns its exit code. */
  async end(): Promise<number | undefined> {
    this.signal('SIGTERM')
    const code = await this.#serving
    this.#serving = undefined
    return code
  }

  async remove(): Promise<void> {
    if (this.#serving !== undefined) await this.end()
    await rm(this.root, { recursive: true, force: true })
  }
}
