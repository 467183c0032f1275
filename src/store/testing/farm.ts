import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import * as esbuild from 'esbuild'
import type { StoreLocation } from '../databases.js'
import type { NodeAnswer, NodeRequest } from './issuing-node.js'

/** Makes a file of `issuing-node.ts` that Node runs; returns its name, and what removes it. */
export async function buildNode(): Promise<{ file: string; remove: () => void }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'node-'))
  const file = path.join(folder, 'node.mjs')
  await esbuild.build({
    entryPoints: [path.join(import.meta.dirname, 'issuing-node.ts')],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    // The databases are loaded from where they are installed, with the files that they need.
    plugins: [
      {
        name: 'installed',
        setup: (build) =>
          build.onResolve({ filter: /^(pg|@electric-sql\/pglite.*)$/ }, ({ path: name }) => {
            return { path: import.meta.resolve(name), external: true }
          }),
      },
    ],
  })
  return { file, remove: () => rmSync(folder, { recursive: true }) }
}

/** A process that issues, and may be killed at any time. */
export class IssuingNode {
  readonly #waiting = new Map<number, (answer: NodeAnswer) => void>()
  #count = 0

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (answer: NodeAnswer) => {
      this.#waiting.get(answer.id)?.(answer)
      this.#waiting.delete(answer.id)
    })
    child.once('exit', () => {
      for (const [id, done] of this.#waiting) done({ id, code: 'killed' })
      this.#waiting.clear()
    })
  }

  static async start(file: string, location: StoreLocation, seed: string, key: string): Promise<IssuingNode> {
    const child = fork(file, [JSON.stringify([location, seed])], { env: { ...process.env, UPROVE_STATE_KEY: key } })
    const [ready] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown]
    if (typeof ready !== 'object' || ready === null) throw new Error(`the node ended: ${String(ready)}`)
    return new IssuingNode(child)
  }

  /** Sends a message and waits for the answer, or for the end of the process. */
  async send(leg: NodeRequest['leg'], message: string): Promise<NodeAnswer> {
    const id = ++this.#count
    if (this.child.exitCode !== null || this.child.signalCode !== null) return { id, code: 'killed' }
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      // Where the process is gone already, its end says so.
      this.child.send({ id, leg, message }, () => undefined)
    })
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await ended
  }
}
