import type { ChallengeInput, BeginHash, RevisionRules } from './revision.js'

/** F, which binds the disclosed attributes. Section 7. */
export function disclosureDigest(beginHash: BeginHash, { disclosed, n }: ChallengeInput): Uint8Array {
  const format = beginHash().list(disclosed, (list, { index }) => list.int(index))
  const valueAt = new Map(disclosed.map(({ index, x }) => [index, x]))
  format.int(n)
  for (let index = 1; index <= n; index++) {
    const x = valueAt.get(index)
    if (x === undefined) format.null()
    else format.number(x)
  }
  return format.digest()
}

/** Revision 1 (February 2011), on which the WS-Trust profile rests. */
export const revision1: RevisionRules = {
  revision: 1,
  issuerSendsSigmaZ: false,
  zeroLengthIsNull: true,
  extensions: false,

  challengeDigest(beginHash, input) {
    return beginHash()
      .octets(input.tokenIdentifier)
      .octets(input.a)
      .nullable(input.message)
      .octets(disclosureDigest(beginHash, input))
      .digest()
  },

  challenge(beginHash, scalars, digest, deviceMessage, deviceProtected) {
    // Without a Device the digest is the challenge itself, and m_d is not used.
    if (!deviceProtected) return scalars.reduce(digest)
    return beginHash().nullable(deviceMessage).octets(digest).digestScalar(scalars)
  },
}
