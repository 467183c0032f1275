import { errorsWith } from '../../bindings/errors.js'

/** The reasons for refusing credentials, for logs. The client learns only that its authentication failed. */
const MESSAGES = {
  'authentication/password': 'The name or the password is wrong.',
  'authentication/digest': 'The digest does not match, or the account takes none.',
  'authentication/digest-time': 'The digest was made too long ago, or in the future.',
  'authentication/digest-replayed': 'The nonce of the digest was used before.',
  'authentication/certificate-untrusted': 'No trusted authority issued the TLS certificate.',
  'authentication/certificate-account': 'The TLS certificate has no account.',
  'authentication/certificate-revoked': 'The TLS certificate was revoked.',
  'authentication/key-compromised':
    'A certificate with the key of the TLS certificate was revoked because the key was compromised.',
  'authentication/locked-account': 'The account is locked after failed attempts.',
  'authentication/locked-address': 'The address is locked after failed attempts.',
  'authentication/negotiated': 'The transport could not authenticate the client.',
  'authentication/account-mismatch': 'The credentials belong to different accounts.',
} as const

export type AuthenticationErrorCode = keyof typeof MESSAGES

/** Wrong credentials. */
export class AuthenticationError extends /* @__PURE__ */ errorsWith(MESSAGES) {}
