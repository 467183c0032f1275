/** Who may log in with a name and a password. What an account is called (`id`) is what the authority gets to know. */
export interface Accounts {
  /**
   * The id of the account if the password is its own. Undefined for a wrong password, an account that is locked, and, after
   * as much work, for no account. Throws only where it fails itself.
   */
  verify(username: string, password: string): Promise<string | undefined>
  /**
   * The password of an account, if it is kept so that it can be had: digests of passwords cannot be verified with less.
   * Undefined for all others. Left out, no digest is accepted, which is how it should be without need. [WSSUTP] 3.1
   */
  recover?(username: string): Promise<{ readonly id: string; readonly password: string } | undefined>
}
