// Clients in a process of their own, so that they do not keep the server's event loop waiting.
import { connect, enroll, measureParts, obtainTokens, offer } from './work.js'

const works = { connect, enroll, measureParts, obtainTokens, offer }

export type Works = typeof works

/** The work to do, and its parameters. */
export interface Work<Name extends keyof Works> {
  readonly name: Name
  readonly with: Parameters<Works[Name]>
}

process.on('disconnect', () => process.exit())
process.on('message', ({ name, with: values }: Work<keyof Works>) => {
  const work = works[name] as (...given: unknown[]) => Promise<unknown>
  work(...values).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
  )
})
