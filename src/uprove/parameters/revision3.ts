import type { RevisionRules } from './revision.js'

/** Revision 3 (2013); Revision 5 (2023) has the same formulas. */
export const revision3: RevisionRules = {
  revision: 3,
  issuerSendsSigmaZ: true,
  zeroLengthIsNull: false,
  extensions: true,

  challengeDigest(beginHash, { group, tokenIdentifier, a, disclosed, commitments, pseudonym, message }) {
    const format = beginHash()
      .octets(tokenIdentifier)
      .octets(a)
      .list(disclosed, (list, { index }) => list.int(index))
      .list(disclosed, (list, { x }) => list.number(x))
      .list(commitments, (list, { index }) => list.int(index))
      .list(commitments, (list, { cTilde }) => list.element(group, cTilde))
      .list(commitments, (list, { aTilde }) => list.octets(aTilde))
    if (pseudonym === undefined) format.int(0).null().null()
    else format.int(pseudonym.attribute).octets(pseudonym.aP).element(group, pseudonym.pS)
    return format.nullable(message).digest()
  },

  challenge(beginHash, scalars, digest, deviceMessage) {
    // The list <c_p, m_d>, with or without a Device.
    return beginHash().int(2).octets(digest).nullable(deviceMessage).digestScalar(scalars)
  },
}
