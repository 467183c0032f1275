import { FailureError } from '../errors.js'
import { UProveError } from '../../../bindings/errors.js'
import type { Deployment } from '../../server/deployment/deployment.js'
import type { OperatorAction } from '../../server/routes/operator-actions.js'
import { describeStatus } from '../command/failures.js'
import type { Terminal } from '../command/terminal.js'
import { openDeployment } from './deployment.js'

/** The authority refuses an action. */
export class OperatorRefusal extends FailureError {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

type Query = Readonly<Record<string, string | undefined>>

/**
 * An operator's actions on the authority of a deployment: through the admin listener of its server or, if none listens there, with
 * the deployment's own store and keys.
 */
export class Operator {
  #offline: Promise<Offline> | undefined

  private constructor(
    readonly deployment: Deployment,
    private readonly url: string | undefined,
  ) {}

  /** Throws `ConfigurationError`. */
  static async of(folder: string, terminal: Pick<Terminal, 'err' | 'environment'>): Promise<Operator> {
    const deployment = await openDeployment(folder, terminal)
    const { admin } = deployment.configuration
    if (admin === null) return new Operator(deployment, undefined)
    const any: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
    const address = any[admin.address] ?? admin.address
    const host = address.includes(':') ? `[${address}]` : address
    return new Operator(deployment, `http://${host}:${admin.port}`)
  }

  /** The answer to an action that changes nothing. Throws `FailureError`. */
  get<T>(name: string, argument = '', query: Query = {}): Promise<T> {
    return this.#ask('GET', name, argument, query) as Promise<T>
  }

  /** The answer to another action. Throws `FailureError`. */
  post<T>(name: string, argument = '', query: Query = {}): Promise<T> {
    return this.#ask('POST', name, argument, query) as Promise<T>
  }

  async close(): Promise<void> {
    await (await this.#offline)?.close()
  }

  async #ask(method: 'GET' | 'POST', name: string, argument: string, query: Query): Promise<unknown> {
    const given = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))
    const parameters = new URLSearchParams(given)
    const path = `/authority/${name}${argument === '' ? '' : `/${encodeURIComponent(argument)}`}?${parameters.toString()}`
    const response = this.url === undefined ? undefined : await this.#send(method, this.url + path)
    if (response !== undefined) return this.#read(response)
    this.#offline ??= openOffline(this.deployment)
    return (await this.#offline).run(name, argument, parameters)
  }

  /** Undefined if no server listens. */
  async #send(method: string, url: string): Promise<Response | undefined> {
    const authorization = `Bearer ${await this.deployment.operatorToken()}`
    try {
      return await fetch(url, { method, headers: { authorization } })
    } catch (cause) {
      if (isRefusedConnection(cause)) return undefined
      throw new FailureError(`no server of this deployment answers at ${new URL(url).origin}`, { cause })
    }
  }

  async #read(response: Response): Promise<unknown> {
    if (response.ok) return response.json()
    if (response.status === 409) {
      const { code, message } = (await response.json()) as { readonly code: string; readonly message: string }
      throw new OperatorRefusal(code, message)
    }
    if (response.status === 401) {
      throw new FailureError(
        `the server at ${this.url ?? ''} belongs to another deployment: it refuses the token of this one`,
      )
    }
    throw new FailureError(describeStatus(response.status, await response.text()))
  }
}

/** The deployment's authority in this process. */
interface Offline {
  run(name: string, argument: string, query: URLSearchParams): Promise<unknown>
  close(): Promise<void>
}

async function openOffline(deployment: Deployment): Promise<Offline> {
  const { operatorActions } = await import('../../server/routes/operator-actions.js')
  const { createEngine } = await import('../../../bindings/loading/create-engine.js')
  const { signatureVerifier } = await import('../../pki/keys/keys.js')
  await deployment.requireStore()
  const store = await deployment.openStore().catch((error: unknown) => {
    if (!(error instanceof UProveError) || error.code !== 'store/folder-in-use') throw error
    const remedy = 'set `admin` in its uprove.yaml and restart it, or stop it'
    throw new FailureError(`a server of this deployment runs, and has no admin listener; ${remedy}`, { cause: error })
  })
  const engine = await createEngine()
  const close = async (): Promise<void> => {
    engine.dispose()
    await store.close()
  }
  try {
    const authority = await deployment.openAuthority(store, engine, signatureVerifier({ engine }))
    const actions = operatorActions({ authority, records: store.authority, logins: store.logins })
    return {
      run: async (name, argument, query) => overTheWire(await actionOf(actions, name).run(argument, query)),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function actionOf(actions: readonly OperatorAction[], name: string): OperatorAction {
  const found = actions.find((action) => action.name === name)
  if (found === undefined) throw new Error(`no action ${name}`)
  return found
}

/** A value as JSON would bring it, so that both ways give the same. */
const overTheWire = (value: object): unknown => JSON.parse(JSON.stringify(value))

const isRefusedConnection = (error: unknown): boolean =>
  error instanceof Error && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED'
