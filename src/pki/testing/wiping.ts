import { toHex } from '../../../bindings/octets/integers.js'

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array

/** The octets that were overwritten with zeros while something ran, failed or not, in hexadecimal. */
export async function wipedBy(run: () => unknown): Promise<string[]> {
  const wiped: string[] = []
  const fill = Object.getOwnPropertyDescriptor(typedArray, 'fill')!
  const original = fill.value as Uint8Array['fill']
  Object.defineProperty(typedArray, 'fill', {
    ...fill,
    value(this: Uint8Array, ...args: Parameters<Uint8Array['fill']>) {
      if (this instanceof Uint8Array && args[0] === 0 && args.length === 1) wiped.push(toHex(this))
      return original.apply(this, args)
    },
  })
  try {
    await run()
  } catch {
    // What was wiped counts.
  } finally {
    Object.defineProperty(typedArray, 'fill', fill)
  }
  return wiped
}
