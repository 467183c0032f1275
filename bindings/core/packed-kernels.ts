import type { KernelName } from '../engine/engine.js'
import { octetsOfBase64 } from '../octets/base64.js'
import { inflate } from '../octets/inflate.js'

/**
 * The kernels of one core as the package's JavaScript carries them: concatenated, deflated together (RFC 1951), since they
 * are similar, in base64; and the octets of each, in that order.
 */
export interface PackedKernels {
  readonly deflated: string
  readonly lengths: Readonly<Record<KernelName, number>>
}

/** The octets of a kernel. */
export function unpackKernel({ deflated, lengths }: PackedKernels, kernel: KernelName): Uint8Array<ArrayBuffer> {
  let start = 0
  for (const [name, length] of Object.entries(lengths)) {
    if (name === kernel) break
    start += length
  }
  return inflate(octetsOfBase64(deflated), start + lengths[kernel]).slice(start)
}
