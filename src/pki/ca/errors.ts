import { errorsWith } from '../../../bindings/errors.js'

/** What can be wrong with how an authority is set up or operated. Fixed texts. What a request lacks is a disposition. */
const MESSAGES = {
  'ca/chain': 'The chain does not lead from a certificate of an authority, with the usages that it needs, to a root.',
  'ca/key-mismatch': 'The key is not that of the first certificate of the chain.',
  'ca/expired': 'The certificate of the authority is not valid now.',
  'ca/profile': 'A profile is contradictory, or its name or template is that of another one.',
  'ca/name': 'A name that a profile gives cannot be written into a certificate.',
  'ca/validity': 'The period of validity is empty, or ends after the year 9999.',
  'ca/path-length': 'The certificate of the authority does not let it certify such an authority.',
  'ca/exchange-key': 'The key for key exchange is not an RSA key of at least 2048 bits.',
  'ca/unknown-request': 'There is no such request.',
  'ca/unknown-certificate': 'There is no such certificate.',
  'ca/decided': 'The request was decided differently before.',
  'ca/crl-contention': 'Others publish CRLs all the time.',
  'ca/key-compromised': 'A certificate with this key was revoked for keyCompromise.',
  'ca/serial-in-use': 'The serial number is in use.',
} as const

export type CaErrorCode = keyof typeof MESSAGES

/** An authority that cannot be set up so, or an operator's wish that cannot be fulfilled. */
export class CaError extends /* @__PURE__ */ errorsWith(MESSAGES) {}
