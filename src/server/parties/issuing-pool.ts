import { createPool, type Pool } from '../../pool/index.js'
import type { PoolIssuer } from '../../pool/parties/pool-issuer.js'
import type { Issuer } from '../../uprove/issuance/issuer.js'
import type { IssuanceBackend } from '../../ws-trust/issuance/backend.js'
import { poolIssuanceBackend } from '../../ws-trust/issuance/pool-backend.js'
import { requestContext } from '../http/request-context.js'
import type { Parts } from './parts.js'

/** The pool in which all Issuers of a deployment compute. */
export async function issuingPool({ deployment, log, onClose }: Parts): Promise<Pool> {
  const { workers } = deployment.configuration
  const pool = await createPool({
    workers: workers === 'auto' ? undefined : workers,
    // Without it the event loop waits for a core behind its own workers, and refusals take seconds under overload.
    niceness: 5,
    // Plans are daily routine. Other events are problems: without workers, the event loop waits for the arithmetic.
    onEvent: (event) => log[event.type === 'plan' ? 'debug' : 'warn'](event, 'pool'),
  })
  onClose(() => pool.dispose())
  return pool
}

/** The computation of an Issuer on the pool, with its tokens counted by the class of the account. */
export function countedBackend({ deployment, metrics }: Parts, issuer: PoolIssuer): IssuanceBackend {
  const backend = poolIssuanceBackend(issuer)
  return {
    ...backend,
    respond: async (secretState, message2) => {
      const answer = await backend.respond(secretState, message2)
      metrics.issued(deployment.accountClass(requestContext.getStore()?.account), answer.sigmaR.length)
      return answer
    },
  }
}

/** An Issuer on the pool, with the quotas of the deployment. */
export function pooledIssuer({ deployment, store }: Parts, pool: Pool, issuer: Issuer): PoolIssuer {
  const { issuance, maxOpenTokens, maxAccountTokens, maxAccountExchanges, patience } =
    deployment.configuration.claimProvider
  const quotas = { maxOpenTokens, maxAccountTokens, maxAccountExchanges, patience }
  return pool.issuer(issuer, { issuance, ...quotas, openTokens: store.openTokens })
}
