// A folder into which a section was pasted, and the commands that are run in it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The tool cannot be installed or run on this machine; the message says why. */
export class Skipped extends Error {}

/** A command ended with an error; the message has its output. */
export class Failed extends Error {}

const environment = {
  ...process.env,
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
  NEXT_TELEMETRY_DISABLED: '1',
  WRANGLER_SEND_METRICS: 'false',
  BROWSERSLIST_IGNORE_OLD_DATA: '1',
  CI: 'true',
  NO_COLOR: '1',
  FORCE_COLOR: '0',
}

export class Folder {
  /** @type {import('node:child_process').ChildProcess[]} */
  #servers = []

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), 'uprove-embedder-'))
  }

  /** @param {Map<string, string>} files */
  write(files) {
    for (const [name, content] of files) {
      const file = join(this.path, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, content)
    }
  }

  /** The version of an installed package. */
  versionOf(/** @type {string} */ name) {
    const manifest = JSON.parse(readFileSync(join(this.path, 'node_modules', name, 'package.json'), 'utf8'))
    return /** @type {string} */ (manifest.version)
  }

  /**
   * Runs commands to their end, and returns what they print. Throws `Failed`.
   * @param {string} commands for a shell
   */
  async run(commands) {
    const child = this.#start(commands)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += String(data)))
    const timer = setTimeout(() => this.#end(child), 480_000)
    const [code] = await once(child, 'close')
    clearTimeout(timer)
    if (code !== 0) throw new Failed(`${commands.trim()}\n${output}`)
    return output
  }

  /**
   * Starts a server, and returns its address once it answers. Throws `Failed`.
   * @param {string} command for a shell; it takes `--port`
   */
  async serve(command) {
    const port = await freePort()
    const child = this.#start(`${command.trim()} --port ${String(port)}`)
    this.#servers.push(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += String(data)))
    const address = `http://localhost:${String(port)}/`
    for (let tries = 0; tries < 240 && child.exitCode === null; tries++) {
      if (
        await fetch(address).then(
          () => true,
          () => false,
        )
      )
        return address
      await sleep(500)
    }
    throw new Failed(`${command.trim()}\n${output}`)
  }

  /** Ends the servers, and takes the folder away. */
  async remove() {
    for (const child of this.#servers) this.#end(child)
    await Promise.all(
      this.#servers.map((child) => child.exitCode === null && child.signalCode === null && once(child, 'close')),
    )
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }

  #start(/** @type {string} */ commands) {
    // A group of its own, so that a server ends with the processes that it started.
    return spawn('bash', ['-euo', 'pipefail', '-c', commands], {
      cwd: this.path,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
  }

  #end(/** @type {import('node:child_process').ChildProcess} */ child) {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has ended already.
    }
  }
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  server.close()
  await once(server, 'close')
  return port
}
