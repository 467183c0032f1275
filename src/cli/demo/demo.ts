import { known } from '../../../bindings/octets/lists.js'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initialize, type Initialized } from '../../server/deployment/init.js'
import { createLog } from '../../server/observation/log.js'
import { startService, type Service } from '../../server/service.js'
import { exitCode, type ExitCode } from '../command/command.js'
import { describeFailure } from '../command/failures.js'
import type { Terminal } from '../command/terminal.js'
import { untilSignalled } from '../commands/deployment/serve.js'
import { Operator } from '../servers/operator.js'
import { Clients } from './clients.js'
import { enrolAll } from './enrolment.js'
import { useJsonFramework } from './framework.js'
import { Steps } from './steps.js'
import { useTokens } from './tokens.js'

export interface DemoOptions {
  /** How many claim and ID tokens to obtain. */
  readonly claimTokens: number
  readonly idTokens: number
  /** Keeps serving after the last step, until a signal comes. */
  readonly stay: boolean
}

/**
 * The second half of `npm start`: creates a deployment in a temporary folder, serves it on the loopback interface over TLS, and
 * uses it as its clients do. Exit code 1 if a step fails or has the wrong outcome.
 */
export async function runDemo(options: DemoOptions, terminal: Terminal): Promise<ExitCode> {
  const { out, signals = process } = terminal
  const folder = await mkdtemp(join(tmpdir(), 'uprove-start-'))
  // Also if the process ends early.
  const removeAtExit = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', removeAtExit)
  const interrupt = (): never => process.exit(130)
  signals.on('SIGINT', interrupt)
  const steps = new Steps(terminal)
  let service: Service | undefined
  try {
    const made = await steps.step(
      'Create a deployment',
      () => deploy(folder),
      ({ url }) => `${url}, with users Alice and Bob`,
    )
    service = await steps.step(
      'Serve it over HTTPS',
      () => startService(folder, { log: createLog('silent'), environment: {} }),
      ({ port, adminPort }) => `clients on port ${port}, the operator on ${String(adminPort)}`,
    )
    const clients = await Clients.of(made.url, join(folder, 'keys/authority.crt'), made.passwords)
    const deviceIssuer = await enrolAll(clients, await Operator.of(folder, { ...terminal, environment: {} }), steps)
    await useTokens(clients, options, deviceIssuer, steps)
    await useJsonFramework(clients, options.claimTokens, steps)
    out.write(`\n4. A service over HTTPS and its clients\n\n${steps.table()}\nAll outcomes are as expected.\n`)
    out.write(`\n${whatToTry(folder, made, options.stay)}`)
    signals.off('SIGINT', interrupt)
    if (options.stay) await untilSignalled(service, 10_000, terminal)
    else await service.close()
    service = undefined
    return exitCode.success
  } catch (error) {
    const failure = describeFailure(error)
    if (failure === undefined) throw error
    out.write(`\n${steps.table()}\n${failure}\n`)
    return exitCode.failure
  } finally {
    await service?.close(0)
    await rm(folder, { recursive: true, force: true })
    process.off('exit', removeAtExit)
    signals.off('SIGINT', interrupt)
  }
}

async function deploy(folder: string): Promise<Initialized> {
  const [port, adminPort, httpPort, certificatePort] = await freePorts()
  const ports = { port, adminPort, httpPort, certificatePort }
  const made = await initialize(folder, { url: `https://localhost:${port}`, ...ports })
  // So that the demo can renew a certificate that is a minute old.
  const file = join(folder, 'uprove.yaml')
  await writeFile(file, (await readFile(file, 'utf8')).replaceAll('renewal: 90d', 'renewal: 365d'))
  return made
}

function whatToTry(folder: string, { url, passwords }: Initialized, stay: boolean): string {
  const uprove = 'node build/cli.js'
  if (!stay) {
    return `The server was at ${url}; it has stopped, and its folder is removed. To start one and try commands on it:

  npm start -- --serve
  ${uprove} init DIR && ${uprove} serve DIR
  ${uprove} --help
`
  }
  const server = `--url ${url} --ca ${join(folder, 'keys/authority.crt')}`
  return `Serving ${url} until you press Ctrl-C, which also removes ${folder}.
Try these commands in another terminal:

  export UPROVE_PASSWORD=${known(passwords.alice)} UPROVE_PASSPHRASE=secret
  ${uprove} enroll ${server} --user alice --template User --out alice
  ${uprove} enroll ${server} --user alice --template DeviceIssuer --out issuer
  ${uprove} ca ${folder} pending
  ${uprove} obtain ${server} --user alice --claim 10 --id 1 --wallet alice.wallet
  ${uprove} present ${server} --wallet alice.wallet --disclose givenname,country --out presentation.xml
  ${uprove} inspect presentation.xml
`
}

/** Four free ports of the loopback interface. */
export async function freePorts(): Promise<[number, number, number, number]> {
  const servers = Array.from({ length: 4 }, () => createServer())
  const ports = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    }),
  )
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports as [number, number, number, number]
}
