import { FailureError } from '../errors.js'

/** What a server needs and nobody else: optional peers of the package. */
const SERVER_PACKAGES = ['pino', 'prom-client', 'yaml', 'zod', '@electric-sql/pglite']

/** Loads a part of the server. Throws `FailureError`, which says what to install, where a package that it needs is not there. */
export async function needing<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    const [, name] = /Cannot find package '([^']+)'/.exec(error instanceof Error ? error.message : '') ?? []
    if (name === undefined) throw error
    throw new FailureError(
      `servers need the package ${name}, which is not installed: npm install ${SERVER_PACKAGES.join(' ')}`,
      { cause: error },
    )
  }
}
