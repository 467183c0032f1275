import { errorsWith } from '../../../bindings/errors.js'

/** Errors of setting up and operating an authority, with fixed texts. Faults of a request are dispositions. */
const MESSAGES = {
  'ca/chain':
    'The chain does not lead from the certificate of an authority to a root, or a certificate lacks a key usage.',
  'ca/key-mismatch': 'The key does not belong to the first certificate of the chain.',
  'ca/expired': 'The certificate of the authority is not valid now.',
  'ca/profile': 'A profile contradicts itself, or shares its name or template with another.',
  'ca/name': 'A name from a profile cannot be written into a certificate.',
  'ca/validity': 'The period of validity is empty, or ends after the year 9999.',
  'ca/path-length': 'The path length of the authority does not allow it to certify this authority.',
  'ca/exchange-key': 'The key for key exchange is not an RSA key of at least 2048 bits.',
  'ca/recovery-agent':
    'There is no recovery agent, or the certificate of one is not for an RSA key that enciphers keys.',
  'ca/unknown-request': 'There is no such request.',
  'ca/unknown-certificate': 'There is no such certificate.',
  'ca/reason': 'The reason is none of those that RFC 5280, section 5.3.1, has for a certificate.',
  'ca/not-held': 'The certificate is not on hold. Only a revocation with the reason certificateHold can be withdrawn.',
  'ca/filter': 'A condition of the list is malformed.',
  'ca/not-archived': 'The private key of the certificate is not archived.',
  'ca/decided': 'The request has already been decided differently.',
  'ca/crl-contention': 'Another node kept publishing CRLs first. Try again.',
  'ca/key-compromised': 'A certificate with this key was revoked for keyCompromise.',
  'ca/serial-in-use': 'The serial number is in use.',
} as const

export type CaErrorCode = keyof typeof MESSAGES

/** Wrong options of an authority, or an operation that is not possible. */
export class CaError extends /* @__PURE__ */ errorsWith(MESSAGES) {}
