import { runCommandLine } from '../command-line.js'
import type { Terminal } from '../terminal.js'

/** A terminal that keeps what is written to it. */
export function recordingTerminal(isTTY = false): Terminal & { readonly written: { out: string; err: string } } {
  const written = { out: '', err: '' }
  const stream = (name: 'out' | 'err') => ({
    isTTY,
    write(text: string): void {
      written[name] += text
    },
  })
  return { written, out: stream('out'), err: stream('err') }
}

/** Runs `uprove ARGUMENTS` in this process. */
export async function run(...arguments_: string[]): Promise<{ code: number; out: string; err: string }> {
  const terminal = recordingTerminal()
  const code = await runCommandLine(arguments_, terminal)
  return { code, ...terminal.written }
}
