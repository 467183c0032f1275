import { createHash } from 'node:crypto'
import type { Subgroup } from '../../../bindings/engine/engine.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { createIssuer, type ProfileIssuer } from '../../ws-trust/artefacts/issuer-parameters.js'

/** The Issuer that all nodes of a test are: its key comes from a seed. */
export function issuerFromSeed(group: Subgroup, seed: string): ProfileIssuer {
  // With recommended generators the key is all that is drawn.
  const digest = createHash('sha256').update(seed).digest()
  const knownAnswer = [group.scalars.reduce(digest)]
  return createIssuer(group, {
    uidp: 'urn:example:issuer',
    issuer: 'urn:example:issuer',
    notBefore: new Date('2020-01-01T00:00:00Z'),
    notOnOrAfter: new Date('2100-01-01T00:00:00Z'),
    claimTypes: ['urn:example:claim'],
    recommended: L2048N256,
    knownAnswer,
  })
}
