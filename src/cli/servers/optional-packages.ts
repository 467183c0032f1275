import { FailureError } from '../errors.js'

/** The optional peer dependencies, which only a server needs. */
const SERVER_PACKAGES = ['pino', 'prom-client', 'yaml', 'zod', '@electric-sql/pglite']

/** What cannot be done without optional packages, in words, and the packages. */
interface Needed {
  readonly what: string
  readonly packages: readonly string[]
}

/** Loads a part that needs optional packages. If one is not installed, throws a `FailureError` that says how to install it. */
export async function needing<T>(
  load: () => Promise<T>,
  { what, packages }: Needed = { what: 'servers', packages: SERVER_PACKAGES },
): Promise<T> {
  try {
    return await load()
  } catch (error) {
    const [, name] = /Cannot find package '([^']+)'/.exec(error instanceof Error ? error.message : '') ?? []
    if (name === undefined) throw error
    throw new FailureError(
      `the package ${name} is not installed, and ${what} need it. Run: npm install ${packages.join(' ')}`,
      { cause: error },
    )
  }
}
