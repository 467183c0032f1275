import type { RefusalCode } from '../../index.js'
import { itemAt, lastOf } from '../../../bindings/octets/lists.js'
import type { Presented } from './parties.js'

/** A change to a presentation, and the code with which the Verifier must refuse it. */
export interface Tampering {
  readonly name: string
  /** Whether the change is made to a presentation with a Device. */
  readonly device?: boolean
  readonly expected: RefusalCode
  readonly change: (presented: Presented, p: bigint) => Presented
}

/** A copy with the lowest bit flipped. */
function flipped(octets: Uint8Array): Uint8Array {
  return octets.with(-1, lastOf(octets) ^ 1)
}

/** p - 1, the element of order 2, which is in Z_p* and not in G_q. */
function elementOfOrder2(p: bigint, length: number): Uint8Array {
  const hex = (p - 1n).toString(16).padStart(2 * length, '0')
  return Uint8Array.from({ length }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))
}

export const tamperings: readonly Tampering[] = [
  {
    name: 'token signature changed',
    expected: 'token/signature',
    change: ({ token, ...rest }) => ({ ...rest, token: { ...token, sigmaRPrime: flipped(token.sigmaRPrime) } }),
  },
  {
    name: 'public key h of order 2',
    expected: 'token/h-not-in-subgroup',
    change: ({ token, ...rest }, p) => ({ ...rest, token: { ...token, h: elementOfOrder2(p, token.h.length) } }),
  },
  {
    name: 'disclosed attribute changed',
    expected: 'presentation/proof',
    change({ proof, ...rest }) {
      const forged = { ...itemAt(proof.disclosed, 0), attribute: new TextEncoder().encode('1980-05-17') }
      return { ...rest, proof: { ...proof, disclosed: proof.disclosed.with(0, forged) } }
    },
  },
  {
    name: 'message changed',
    expected: 'presentation/proof',
    change: ({ messages, ...rest }) => ({ ...rest, messages: { ...messages, message: 'another message' } }),
  },
  {
    name: 'response r_1 changed',
    expected: 'presentation/proof',
    change: ({ proof, ...rest }) => ({
      ...rest,
      proof: { ...proof, r: [flipped(itemAt(proof.r, 0)), ...proof.r.slice(1)] },
    }),
  },
  {
    name: 'response r_d of the Device changed',
    device: true,
    expected: 'presentation/proof',
    change: ({ proof, ...rest }) => ({ ...rest, proof: { ...proof, rd: proof.rd && flipped(proof.rd) } }),
  },
]
