import { inflateSync } from 'fflate'
import type { KernelName } from '../engine/engine.js'
import { octetsOfBase64 } from '../octets/base64.js'

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
  const all = Object.entries(lengths)
  const endOf = (i: number): number => all.slice(0, i).reduce((sum, [, length]) => sum + length, 0)
  const index = all.findIndex(([name]) => name === kernel)
  const octets = inflateSync(octetsOfBase64(deflated), { out: new Uint8Array(endOf(all.length)) })
  return octets.slice(endOf(index), endOf(index + 1))
}
