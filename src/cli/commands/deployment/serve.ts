import type { Service } from '../../../server/service.js'
import { defineCommand, exitCode } from '../../command/command.js'
import { printable } from '../../command/failures.js'
import { UsageError } from '../../errors.js'
import { openDeployment } from '../../servers/deployment.js'
import type { Terminal } from '../../command/terminal.js'

const description = `Serves the deployment in DIR over HTTPS as its uprove.yaml says: Security Token Service (WSTEP), Claim Provider, Relying
Party. It logs on stdout, one JSON object a line, and prints its address on stderr.

SIGTERM or SIGINT (Ctrl-C) ends it after it has answered the requests that it has received; a second signal ends it at once.
SIGHUP reloads the users and the TLS certificate. The variable DATABASE_URL names a PostgreSQL database for the store,
UPROVE_STATE_KEY holds the key of the issuance state.`

export const serve = defineCommand({
  name: 'serve',
  positionals: 'DIR',
  description,
  options: {
    drain: {
      type: 'string',
      value: 'SECONDS',
      description: 'how long to wait for requests in progress at shutdown (default: 10)',
    },
    json: { type: 'boolean', description: 'print the address as JSON' },
  },

  async run({ values: { drain = '10', json = false }, positionals: [folder, ...others] }, terminal) {
    const { err, environment } = terminal
    if (folder === undefined) throw new UsageError('missing folder DIR of a deployment')
    if (others.length > 0) throw new UsageError('too many arguments; serve takes one folder')
    if (!/^\d{1,4}$/.test(drain)) throw new UsageError('--drain takes a number of seconds')
    const { startService } = await import('../../../server/service.js')
    const { configuration } = await openDeployment(folder, terminal)
    await warn(folder, terminal)
    const service = await startService(folder, environment === undefined ? {} : { environment })
    const { port, adminPort, certificatePort } = service
    const { url, listen } = configuration
    err.write(
      json
        ? `${JSON.stringify({ url, address: listen.address, port, adminPort, certificatePort })}\n`
        : `Serving ${url} at ${listen.address}, port ${port}. Ctrl-C ends it.\n`,
    )
    await untilSignalled(service, Number(drain) * 1_000, terminal)
    return exitCode.success
  },
})

/** Prints what `uprove check` would find, all but the database, which the server opens itself. The server may start all the same. */
async function warn(folder: string, { err, environment }: Terminal): Promise<void> {
  const { checkDeployment } = await import('../../../server/checks/check.js')
  const findings = await checkDeployment(folder, { environment, database: false })
  for (const { level, check, text } of findings)
    if (level !== 'ok') err.write(`${level}: ${check}: ${printable(text)}\n`)
}

/** Resolves when a signal has ended the service. Requests in progress get `patience` milliseconds. */
export function untilSignalled(
  service: Service,
  patience: number,
  { err, signals = process }: Pick<Terminal, 'err' | 'signals'>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let isEnding = false
    const end = (): void => {
      // A user who asks twice does not want to wait.
      if (isEnding) process.exit(130)
      isEnding = true
      err.write('Shutting down. A second signal ends the server at once.\n')
      service.close(patience).then(() => {
        for (const signal of ENDING) signals.off(signal, end)
        signals.off('SIGHUP', reload)
        resolve()
      }, reject)
    }
    const reload = (): void => {
      service.reload().then(
        () => err.write('Reloaded the users and the TLS certificate.\n'),
        (error: unknown) =>
          err.write(`Reload failed, nothing has changed: ${error instanceof Error ? error.message : String(error)}\n`),
      )
    }
    for (const signal of ENDING) signals.on(signal, end)
    signals.on('SIGHUP', reload)
  })
}

const ENDING = ['SIGINT', 'SIGTERM'] as const
