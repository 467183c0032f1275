import type { Service } from '../../server/service.js'
import { defineCommand, exitCode } from '../command/command.js'
import { UsageError } from '../errors.js'
import { needing } from '../servers/optional-packages.js'
import type { Terminal } from '../command/terminal.js'

const description = `Serves the deployment in DIR over HTTPS: Security Token Service (WSTEP), Claim Provider, Relying Party, as its uprove.yaml says.
Logs are lines of JSON on stdout; where it listens is told on stderr.

SIGTERM and SIGINT (Ctrl-C) end it once what has begun is answered; a second one ends it at once. SIGHUP has it read users and
the TLS certificate again. DATABASE_URL in the environment puts its store on PostgreSQL; UPROVE_STATE_KEY is the key of its
issuance state.`

export const serve = defineCommand({
  name: 'serve',
  positionals: 'DIR',
  description,
  options: {
    drain: { type: 'string', value: 'SECONDS', description: 'how long it may take to end (default: 10)' },
    json: { type: 'boolean', description: 'tell where it listens as JSON' },
  },

  async run({ values: { drain = '10', json = false }, positionals: [folder, ...others] }, terminal) {
    const { err, environment } = terminal
    if (folder === undefined) throw new UsageError('the folder DIR of a deployment is missing')
    if (others.length > 0) throw new UsageError('one folder at a time')
    if (!/^\d{1,4}$/.test(drain)) throw new UsageError('--drain is a number of seconds')
    const { Deployment } = await needing(() => import('../../server/deployment/deployment.js'))
    const { startService } = await needing(() => import('../../server/service.js'))
    const { configuration } = await Deployment.open(folder, environment)
    const service = await startService(folder, environment === undefined ? {} : { environment })
    const { port, adminPort } = service
    const { url, listen } = configuration
    err.write(
      json
        ? `${JSON.stringify({ url, address: listen.address, port, adminPort })}\n`
        : `Serving ${url} at ${listen.address}, port ${port}. Ctrl-C ends it.\n`,
    )
    await untilSignalled(service, Number(drain) * 1_000, terminal)
    return exitCode.success
  },
})

/** Resolves when a signal has ended the service, within so many milliseconds. */
export function untilSignalled(
  service: Service,
  patience: number,
  { err, signals = process }: Pick<Terminal, 'err' | 'signals'>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let isEnding = false
    const end = (): void => {
      // Whoever asks twice does not want to wait.
      if (isEnding) process.exit(130)
      isEnding = true
      err.write('Ending. A second signal ends it at once.\n')
      service.close(patience).then(() => {
        for (const signal of ENDING) signals.off(signal, end)
        signals.off('SIGHUP', reload)
        resolve()
      }, reject)
    }
    const reload = (): void => {
      service.reload().then(
        () => err.write('Reloaded users and TLS certificate.\n'),
        (error: unknown) => err.write(`Not reloaded: ${error instanceof Error ? error.message : String(error)}\n`),
      )
    }
    for (const signal of ENDING) signals.on(signal, end)
    signals.on('SIGHUP', reload)
  })
}

const ENDING = ['SIGINT', 'SIGTERM'] as const
