/** Plays back copies of published scalars, in order. */
export function* playback(scalars: readonly (Uint8Array | undefined)[]): Generator<Uint8Array, undefined> {
  for (const scalar of scalars) if (scalar !== undefined) yield scalar.slice()
  return undefined
}
