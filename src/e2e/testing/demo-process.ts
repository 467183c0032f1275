import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** The demo of `examples/wallet`, in its own process. */
export class DemoProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(): Promise<DemoProcess> {
    const child = spawn(process.execPath, ['examples/wallet/serve.js', '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /^Demo: (?<url>\S+)$/.exec(line)?.groups?.url
      if (url !== undefined) return new DemoProcess(child, url)
    }
    throw new Error('the demo ended before it was ready')
  }

  /** Ends it like Ctrl+C, and returns its exit code. */
  async stop(): Promise<number | null> {
    const ended = once(this.child, 'exit')
    this.child.kill('SIGINT')
    const [code] = (await ended) as [number | null]
    return code
  }
}
