/** Who may log in with a name and a password. What an account is called (`id`) is what the authority gets to know. */
export interface Accounts {
  /**
   * The id of the account if the password is its own. Undefined for a wrong password, an account that is locked, and, after
   * as much work, for no account. Throws only where it fails itself.
   */
  verify(username: string, password: string): Promise<string | undefined>
  /**
   * The id of the account whose password a digest was made from, as `matches` says: the account gives it its password, which
   * must be kept so that it can be had, and counts failures as `verify` does. Undefined as in `verify`; without such a password
   * `matches` is asked about any other, to take as long. Left out, no digest is accepted, which is how it should be without
   * need. [WSSUTP] 3.1
   */
  verifyDigest?(username: string, matches: (password: string) => Promise<boolean>): Promise<string | undefined>
}
