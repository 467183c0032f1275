import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Environment } from '../../server/deployment/deployment.js'

/** The message of a process that is ready to serve. */
interface Listening {
  readonly port: number
  readonly adminPort: number
}

const SERVE = `
  import { createLog, startService } from 'uprove-wasm/server'
  const at = { address: '127.0.0.1', port: 0 }
  const options = { log: createLog('silent'), listen: at, adminListen: at, certificateListen: null, publicationListen: null }
  const { port, adminPort, close } = await startService(process.argv[1], options)
  process.on('SIGTERM', () => void close().then(() => process.exit()))
  process.on('disconnect', () => process.exit())
  process.send({ port, adminPort })`

/** A server of a deployment in its own process, from the built package. A test may kill it at any time. */
export class ServiceProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly listening: Listening,
  ) {}

  /** @param script a module to run instead; it receives the folder and sends its ports. */
  static async start(folder: string, environment: Environment = {}, script?: string): Promise<ServiceProcess> {
    const program = script === undefined ? ['--input-type=module', '--eval', SERVE] : [script]
    const child = spawn(process.execPath, [...program, folder], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...environment },
    })
    const [ready] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown]
    if (typeof ready !== 'object' || ready === null) throw new Error(`the server ended: ${String(ready)}`)
    return new ServiceProcess(child, ready as Listening)
  }

  get port(): number {
    return this.listening.port
  }

  get adminPort(): number {
    return this.listening.adminPort
  }

  /** Sends a message to the script and returns the answer. */
  async ask<T>(message: unknown): Promise<T> {
    const answer = once(this.child, 'message')
    this.child.send(message as object)
    return ((await answer) as [T])[0]
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill(signal)
    await ended
  }
}
