import { UProveError } from '../../../bindings/errors.js'
// Types only, so that bundles without the pool do not include it.
import type { PoolIssuer } from '../../pool/parties/pool-issuer.js'
import type { IssuanceBackend } from './backend.js'
import { WsTrustError, type WsTrustErrorCode } from '../errors.js'

/** The codes that tell a client why the pool refused. */
const REFUSALS: Readonly<Record<string, WsTrustErrorCode>> = {
  'issuance/count': 'ws-trust/too-many-tokens',
  'issuance/sequential': 'ws-trust/too-many-tokens',
  'issuance/too-many-open': 'ws-trust/busy',
  'issuance/expired': 'ws-trust/context-unknown',
  'issuance/gave-way': 'ws-trust/context-unknown',
  'pool/overloaded': 'ws-trust/busy',
}

/**
 * The computation in the workers of a pool. The Issuer's policy counts an exchange as open until it is answered, at most for
 * its `lifetime`, which should not be shorter than `exchangeLifetime`. In a farm, each node has a pool, and all nodes share a
 * `StateStore` and an `OpenTokens`; any node can answer an exchange that another began.
 *
 * Rejects with `WsTrustError`: `ws-trust/busy` (`issuance/too-many-open`, `pool/overloaded`), `.../too-many-tokens`
 * (`issuance/count`, `issuance/sequential`), `.../context-unknown` (`issuance/expired`, `issuance/gave-way`),
 * with the `cause` in parentheses.
 */
export function poolIssuanceBackend(issuer: PoolIssuer): IssuanceBackend {
  return {
    async begin({ attributes, tokenInformation, count, devicePublicKey, account }) {
      const options = { attributes, tokenInformation, count, devicePublicKey, account }
      const { message1, state } = await refusing(issuer.beginExchange(options))
      return { message1, secretState: state }
    },

    respond(secretState, message2) {
      return refusing(issuer.respondTo(secretState, message2))
    },

    abandon(secretState) {
      return issuer.abandon(secretState)
    },
  }
}

async function refusing<T>(result: Promise<T>): Promise<T> {
  try {
    return await result
  } catch (error) {
    const code = error instanceof UProveError ? REFUSALS[error.code] : undefined
    throw code === undefined ? error : new WsTrustError(code, { cause: error })
  }
}
