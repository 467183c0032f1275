/** Values of one length, one after another in one array: the many values of a batch cross between threads faster so. */
export function join(values: readonly Uint8Array[]): Uint8Array {
  const length = values[0]?.length ?? 0
  const column = new Uint8Array(values.length * length)
  values.forEach((value, i) => column.set(value, i * length))
  return column
}

/** The values again, each an array of its own. */
export function split<T extends Uint8Array>(column: Uint8Array, length: number): T[] {
  return Array.from({ length: column.length / length }, (_, i) => column.slice(i * length, (i + 1) * length) as T)
}
