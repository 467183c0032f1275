import { UProveError } from '../../../bindings/errors.js'
// Types only: the pool is no part of a bundle that does not import it.
import type { PoolIssuer } from '../../pool/parties/pool-issuer.js'
import { wipe } from '../../../bindings/octets/octets.js'
import type { IssuanceBackend } from './claim-provider.js'
import { WsTrustError, type WsTrustErrorCode } from '../errors.js'

/** What a client is told that a pool's Issuer refused. */
const REFUSALS: Readonly<Record<string, WsTrustErrorCode>> = {
  'issuance/count': 'ws-trust/too-many-tokens',
  'issuance/sequential': 'ws-trust/too-many-tokens',
  'issuance/too-many-open': 'ws-trust/busy',
  'issuance/expired': 'ws-trust/context-unknown',
  'pool/overloaded': 'ws-trust/busy',
}

/**
 * The arithmetic in the workers of a pool. The exchanges are counted as open by the Issuer's policy until they are answered, and
 * no longer than its `lifetime`: let that be no shorter than `exchangeLifetime`. Nodes of a farm that share a `StateStore` each
 * have a pool, and share an `OpenTokens`; any of them can answer what another began.
 *
 * Rejects with `WsTrustError`: `ws-trust/busy` (`issuance/too-many-open`, `pool/overloaded`), `.../too-many-tokens`
 * (`issuance/count`, `issuance/sequential`), `.../context-unknown` (`issuance/expired`), with the `cause` in parentheses.
 */
export function poolIssuanceBackend(issuer: PoolIssuer): IssuanceBackend {
  return {
    async begin({ attributes, tokenInformation, count, devicePublicKey }) {
      const contents = {
        attributes,
        tokenInformation,
        count,
        devicePublicKey,
      }
      const session = await refusing(issuer.begin({ ...contents, exportable: true }))
      return { message1: session.message1, secretState: session.exportSecretState() }
    },

    async respond(secretState, message2) {
      const pending = issuer.restoreSecretState(secretState)
      try {
        return await refusing(pending.respond(message2))
      } finally {
        // After a message that is refused the exchange is open still, where the state came from.
        if (pending.open) wipe(pending.exportSecretState())
      }
    },

    async abandon(secretState) {
      await issuer.restoreSecretState(secretState).dispose()
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
