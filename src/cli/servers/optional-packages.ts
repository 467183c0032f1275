import { FailureError } from '../errors.js'

/** The optional peer dependencies, which only a server needs. */
const SERVER_PACKAGES = ['pino', 'prom-client', 'yaml', 'zod', '@electric-sql/pglite']

/** Loads a part of the server. If a package is not installed, throws a `FailureError` that says how to install it. */
export async function needing<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    const [, name] = /Cannot find package '([^']+)'/.exec(error instanceof Error ? error.message : '') ?? []
    if (name === undefined) throw error
    throw new FailureError(
      `the package ${name} is not installed, and servers need it. Run: npm install ${SERVER_PACKAGES.join(' ')}`,
      { cause: error },
    )
  }
}
