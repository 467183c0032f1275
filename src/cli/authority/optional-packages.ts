import { FailureError } from '../errors.js'

/** What cannot be done without optional packages, in words, and the packages. */
interface Needed {
  readonly what: string
  readonly packages: readonly string[]
}

/** Loads an optional package. If it is not installed, throws a `FailureError` that says how to install all that are needed. */
export async function needing<T>({ what, packages }: Needed, load: () => Promise<T>): Promise<T> {
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
