import { createRequire } from 'node:module'
import { EngineError } from '../index.js'
import { columns, exitCode, type Command, type ExitCode } from './command/command.js'
import { UsageError } from './errors.js'
import type { Terminal } from './command/terminal.js'

interface Entry {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** Loads the command's code when it is called, and not before. */
  readonly load: () => Promise<Command>
}

const commands: readonly Entry[] = [
  {
    name: 'init',
    summary: 'create a deployment: authority, Claim Provider, Relying Party',
    load: async () => (await import('./commands/deployment/init.js')).init,
  },
  {
    name: 'serve',
    summary: 'serve a deployment over HTTPS',
    load: async () => (await import('./commands/deployment/serve.js')).serve,
  },
  {
    name: 'check',
    summary: 'look whether a deployment can be served',
    load: async () => (await import('./commands/deployment/check.js')).check,
  },
  {
    name: 'ca',
    summary: 'approve, deny and revoke certificates of a deployment',
    load: async () => (await import('./commands/ca.js')).ca,
  },
  {
    name: 'password',
    summary: 'hash a password for the users of a deployment',
    load: async () => (await import('./commands/deployment/password.js')).password,
  },
  {
    name: 'store',
    summary: 'rotate the key of the issuance state after a restore, or migrate the store',
    load: async () => (await import('./commands/deployment/store.js')).store,
  },
  {
    name: 'issuer',
    summary: 'make new Issuer parameters, or sign those again',
    load: async () => (await import('./commands/deployment/issuer.js')).issuer,
  },
  {
    name: 'tls',
    summary: "renew the server's own certificate",
    load: async () => (await import('./commands/deployment/tls.js')).tls,
  },
  {
    name: 'enroll',
    summary: 'enrol for a certificate, renew one, or fetch a pending one',
    load: async () => (await import('./commands/enroll.js')).enroll,
  },
  {
    name: 'renew',
    summary: 'renew a certificate in its files, once or in time for ever',
    load: async () => (await import('./commands/renew.js')).renew,
  },
  {
    name: 'ket',
    summary: 'fetch the certificate to which archived keys are encrypted',
    load: async () => (await import('./commands/ket.js')).ket,
  },
  {
    name: 'device',
    summary: 'make a Device that protects tokens',
    load: async () => (await import('./commands/device.js')).device,
  },
  {
    name: 'obtain',
    summary: 'obtain tokens from a Claim Provider into a wallet',
    load: async () => (await import('./commands/obtain.js')).obtain,
  },
  {
    name: 'present',
    summary: 'present tokens from a wallet',
    load: async () => (await import('./commands/present.js')).present,
  },
  {
    name: 'verify',
    summary: 'send a presentation to a Relying Party, or verify it on this machine',
    load: async () => (await import('./commands/verify.js')).verify,
  },
  {
    name: 'inspect',
    summary: 'explain a token, message or certificate, or print the canonical form of XML',
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
  ['--help', 'show this help; after a command, the help of that command'],
  ['--version', 'show the version'],
])}
Exit codes: 0 success; 1 refused, failed, or a mismatch; 2 wrong usage.
`

/** Runs `uprove ARGUMENTS` and returns its exit code. Usage errors and failures are printed on stderr; anything thrown is a bug. */
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

/** Prints the help or the version. Throws `UsageError` for anything else. */
function runWithoutCommand(argument: string | undefined, { out }: Terminal): ExitCode {
  if (argument === '--help' || argument === '-h') out.write(help)
  else if (argument === '--version') out.write(`${version()}\n`)
  else throw new UsageError(argument === undefined ? 'missing command' : `unknown command ${argument}`)
  return exitCode.success
}

/** Whether --help is among the options; behind `--` it is an argument. */
function asksForHelp(arguments_: readonly string[]): boolean {
  const end = arguments_.indexOf('--')
  const options = end < 0 ? arguments_ : arguments_.slice(0, end)
  return options.includes('--help') || options.includes('-h')
}

function version(): string {
  // The package's own name resolves from the sources and from the bundle.
  const manifest = createRequire(import.meta.url)('uprove-wasm/package.json') as { version: string }
  return manifest.version
}
