// One of the processes that a pool is compared with: it works in one thread, on command, for a given time.
import { createMaterial, workFor, type Kind } from './work.js'

/** The parent's request. */
export interface Order {
  readonly kind: Kind
  readonly milliseconds: number
}

createMaterial().then(
  (material) => {
    process.on('message', ({ kind, milliseconds }: Order) => {
      process.send?.(workFor(material, kind, milliseconds))
    })
    process.on('disconnect', () => process.exit())
    process.send?.('ready')
  },
  (error: unknown) => {
    console.error(error)
    process.exit(1)
  },
)
