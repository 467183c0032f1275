import { createRequire } from 'node:module'
import { EngineError } from '../index.js'
import { columns, exitCode, type Command, type ExitCode } from './command/command.js'
import { UsageError } from './errors.js'
import type { Terminal } from './command/terminal.js'

interface Entry {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** A command brings what it needs only when it is called. */
  readonly load: () => Promise<Command>
}

const commands: readonly Entry[] = [
  {
    name: 'init',
    summary: 'make a deployment: authority, Claim Provider, Relying Party',
    load: async () => (await import('./commands/init.js')).init,
  },
  {
    name: 'serve',
    summary: 'serve a deployment over HTTPS',
    load: async () => (await import('./commands/serve.js')).serve,
  },
  {
    name: 'ca',
    summary: 'approve, deny and revoke certificates of a deployment',
    load: async () => (await import('./commands/ca.js')).ca,
  },
  {
    name: 'password',
    summary: 'hash a password for the users of a deployment',
    load: async () => (await import('./commands/password.js')).password,
  },
  {
    name: 'store',
    summary: 'rotate the key of the issuance state, after a restore',
    load: async () => (await import('./commands/store.js')).store,
  },
  {
    name: 'enroll',
    summary: 'enrol for a certificate, renew one, or ask for one that is pending',
    load: async () => (await import('./commands/enroll.js')).enroll,
  },
  {
    name: 'obtain',
    summary: 'obtain tokens from a Claim Provider into a wallet',
    load: async () => (await import('./commands/obtain.js')).obtain,
  },
  {
    name: 'present',
    summary: 'present a token of a wallet',
    load: async () => (await import('./commands/present.js')).present,
  },
  {
    name: 'verify',
    summary: 'have a presentation verified by a Relying Party, or verify it here',
    load: async () => (await import('./commands/verify.js')).verify,
  },
  {
    name: 'inspect',
    summary: 'explain a token, message or certificate, or print the canonical form of one',
    load: async () => (await import('./commands/inspect.js')).inspect,
  },
  {
    name: 'vectors',
    summary: 'recompute known-answer vectors',
    load: async () => (await import('./commands/vectors.js')).vectors,
  },
]

const help = `Usage: uprove COMMAND [options] [arguments]

U-Prove tokens: issue, present, verify; certificates: enrol over WSTEP.

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
  const entry = commands.find((candidate) => candidate.name === name)
  const called = entry === undefined ? 'uprove' : `uprove ${entry.name}`
  try {
    if (entry === undefined) return runWithoutCommand(name, terminal)
    const command = await entry.load()
    if (asksForHelp(rest)) {
      terminal.out.write(command.help)
      return exitCode.success
    }
    return await command.run(rest, terminal)
  } catch (error) {
    if (error instanceof UsageError || error instanceof EngineError) {
      terminal.err.write(`${called}: ${error.message}\nTry '${called} --help'.\n`)
      return exitCode.usage
    }
    const { describeFailure } = await import('./command/failures.js')
    const failure = describeFailure(error)
    if (failure === undefined) throw error
    terminal.err.write(`${called}: ${failure}\n`)
    return exitCode.failure
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
