import type { HashFormat } from '../hash/index.js'

/** Appends an octet string or null. */
export function appendNullable(format: HashFormat, value: Uint8Array | null): HashFormat {
  return value === null ? format.null() : format.octets(value)
}
