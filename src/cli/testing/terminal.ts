import { runCommandLine } from '../command-line.js'
import type { Terminal } from '../command/terminal.js'

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

/** What a command did. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs `uprove ARGUMENTS` in this process. */
export async function run(...arguments_: string[]): Promise<Ran> {
  return runWith({}, ...arguments_)
}

/** Runs `uprove ARGUMENTS` in this process, with other things of its surroundings. */
export async function runWith(
  surroundings: Pick<Terminal, 'environment' | 'input' | 'signals'>,
  ...arguments_: string[]
): Promise<Ran> {
  const terminal = recordingTerminal()
  const code = await runCommandLine(arguments_, { ...terminal, ...surroundings })
  return { code, ...terminal.written }
}
