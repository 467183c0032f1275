import { UProveError } from '../../../bindings/errors.js'
import type { AuthenticationOptions } from '../../authentication/authentication.js'
import { AuthenticationError } from '../../authentication/errors.js'
import { SoapFault } from '../../soap/envelope/fault.js'
import { directoryAccounts } from '../deployment/accounts.js'
import { certificateOf } from '../deployment/deployment.js'
import { RateLimiter } from '../http/limits.js'
import { requestContext } from '../http/request-context.js'
import type { Parts } from './parts.js'

/** Authentication by the accounts of a deployment: passwords, digests and TLS certificates, with lockout and a rate limit. */
export async function authenticationOptions({
  deployment,
  store,
  metrics,
}: Pick<Parts, 'deployment' | 'store' | 'metrics'>): Promise<AuthenticationOptions> {
  const { configuration, directory } = deployment
  const { requestsPerSecond, failuresPerAddress } = configuration.authentication
  const limiter = new RateLimiter({ burst: 4 * requestsPerSecond, perSecond: requestsPerSecond })
  return {
    accounts: directoryAccounts({
      directory,
      logins: store.logins,
      attemptsPerAddress: failuresPerAddress,
      digestKey: await deployment.digestKey(),
      onLockout: (kind) => metrics.count(`lockout_${kind}`),
    }),
    certificateAccount: async (der) => {
      const { account, isRevoked, isCompromised } = await certificateOf(store, der)
      if (isCompromised) throw new AuthenticationError('authentication/key-compromised')
      if (isRevoked) throw new AuthenticationError('authentication/certificate-revoked')
      return account === undefined ? undefined : directory.find(account)?.name
    },
    replayCache: store.passwordDigests,
    admit: ({ id }) => {
      const context = requestContext.getStore()
      if (context !== undefined) context.account = id
      const wait = limiter.take(id)
      if (wait === 0) return
      if (context !== undefined) context.retry = { status: 429, after: wait }
      metrics.count('limited_account')
      const reasons = `Too many requests of this account. Try again in ${String(wait)} s.`
      throw new SoapFault({ faultCode: 'Receiver', reasons, cause: new UProveError('limit/account', reasons) })
    },
  }
}
