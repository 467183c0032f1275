import type { Engine } from '../../../bindings/engine/engine.js'
import type { SignatureVerifier } from '../../pki/keys/signing.js'
import type { Store } from '../../store/index.js'
import type { AuthenticationOptions } from '../../authentication/authentication.js'
import type { SignerTrust } from '../../ws-trust/trust/signer.js'
import type { ExpiryWatch } from '../checks/expiry.js'
import type { Deployment } from '../deployment/deployment.js'
import type { Log } from '../observation/log.js'
import type { Metrics } from '../observation/metrics.js'
import type { SecurityLog } from '../observation/security-log.js'
import type { TransportAuthenticator } from './transport.js'

/** The resources that the parties of a service share. */
export interface Parts {
  readonly deployment: Deployment
  readonly engine: Engine
  readonly verifier: SignatureVerifier
  readonly store: Store
  readonly trust: SignerTrust
  readonly metrics: Metrics
  readonly log: Log
  readonly security: SecurityLog
  readonly expiry: Pick<ExpiryWatch, 'signingEnds' | 'read'>
  /** How clients of the Security Token Service and the Claim Provider are authenticated. */
  readonly authentication: AuthenticationOptions
  readonly authenticators: readonly TransportAuthenticator[]
  /** Registers a function that closes a part when the service ends; the last one is called first. */
  readonly onClose: (close: () => unknown) => void
}

/**
 * Octets of a request for a certificate or of a presentation, many times what they need, but bounded, since unknown callers
 * may send them.
 */
export const PUBLIC_MESSAGE = 512 * 1024
