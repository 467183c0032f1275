import { createRequire } from 'node:module'
import { EngineError } from '../index.js'
import { columns, exitCode, type Command, type ExitCode } from './command.js'
import { inspect } from './commands/inspect.js'
import { vectors } from './commands/vectors.js'
import { UsageError } from './errors.js'
import type { Terminal } from './terminal.js'

const commands: readonly Command[] = [inspect, vectors]

const help = `Usage: uprove COMMAND [options] [arguments]

U-Prove tokens: issue, present, verify.

Commands:
${columns(commands.map(({ name, summary }) => [name, summary]))}
Options:
${columns([
  ['--help', 'show this, or with a command its own help'],
  ['--version', 'show the version'],
])}
Exit code: 0 if all is well, 1 if something was refused or differs, 2 if the command was called wrongly.
`

/** Runs the command line `uprove ARGUMENTS`. Mistakes of the user are told on stderr; whatever is thrown is a bug. */
export async function runCommandLine(arguments_: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [name, ...rest] = arguments_
  const command = commands.find((candidate) => candidate.name === name)
  try {
    if (command === undefined) return runWithoutCommand(name, terminal)
    if (asksForHelp(rest)) {
      terminal.out.write(command.help)
      return exitCode.success
    }
    return await command.run(rest, terminal)
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof EngineError)) throw error
    const called = command === undefined ? 'uprove' : `uprove ${command.name}`
    terminal.err.write(`${called}: ${error.message}\nTry '${called} --help'.\n`)
    return exitCode.usage
  }
}

/** Throws `UsageError`, unless help or the version is wanted. */
function runWithoutCommand(argument: string | undefined, { out }: Terminal): ExitCode {
  if (argument === '--help' || argument === '-h') out.write(help)
  else if (argument === '--version') out.write(`${version()}\n`)
  else throw new UsageError(argument === undefined ? 'a command is missing' : `there is no command ${argument}`)
  return exitCode.success
}

/** Whether --help stands among the options. */
function asksForHelp(arguments_: readonly string[]): boolean {
  const end = arguments_.indexOf('--')
  const options = end < 0 ? arguments_ : arguments_.slice(0, end)
  return options.includes('--help') || options.includes('-h')
}

function version(): string {
  // By the package's own name, which holds for the sources and the bundle alike.
  const manifest = createRequire(import.meta.url)('uprove-wasm/package.json') as { version: string }
  return manifest.version
}
