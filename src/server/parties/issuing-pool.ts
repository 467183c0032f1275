import { createPool, type Pool } from '../../pool/index.js'
import type { PoolIssuer } from '../../pool/parties/pool-issuer.js'
import type { Issuer } from '../../uprove/issuance/issuer.js'
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

/** An Issuer on the pool, with the quotas of the deployment. */
export function pooledIssuer({ deployment, store }: Parts, pool: Pool, issuer: Issuer): PoolIssuer {
  const { issuance, maxOpenTokens, maxAccountTokens, maxAccountExchanges, patience } =
    deployment.configuration.claimProvider
  const quotas = { maxOpenTokens, maxAccountTokens, maxAccountExchanges, patience }
  return pool.issuer(issuer, { issuance, ...quotas, openTokens: store.openTokens })
}
