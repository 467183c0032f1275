import { createHash } from 'node:crypto'
import type { Subgroup } from '../../../bindings/engine/engine.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { createIssuer, type ProfileIssuer } from '../../ws-trust/artefacts/issuer-parameters.js'
import type { RandomSource } from '../../../bindings/octets/random.js'

/** The Issuer that all nodes of a test are: its key comes from a seed. */
export function issuerFromSeed(group: Subgroup, seed: string): ProfileIssuer {
  let count = 0
  const random: RandomSource = {
    fill(octets) {
      for (let at = 0; at < octets.length; at += 32) {
        const block = createHash('sha256')
          .update(`${seed} ${String(count++)}`)
          .digest()
        octets.set(block.subarray(0, octets.length - at), at)
      }
    },
  }
  return createIssuer(group, {
    uidp: 'urn:example:issuer',
    issuer: 'urn:example:issuer',
    notBefore: new Date('2020-01-01T00:00:00Z'),
    notOnOrAfter: new Date('2100-01-01T00:00:00Z'),
    claimTypes: ['urn:example:claim'],
    recommended: L2048N256,
    random,
  })
}
