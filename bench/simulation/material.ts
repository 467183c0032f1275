import type { Engine } from '../../bindings/engine/engine.js'
import { createEngine } from '../../bindings/loading/create-engine.js'
import { L1024N160 } from '../../src/params/L1024N160.js'
import { createRoot } from '../../src/pki/ca/issuing/root.js'
import type { Profile } from '../../src/pki/ca/policy/profile.js'
import { generateKey, signatureVerifier } from '../../src/pki/keys/keys.js'
import type { SignatureVerifier, SigningKey } from '../../src/pki/keys/signing.js'
import { parseName } from '../../src/pki/x509/name.js'
import { createPool, type Pool } from '../../src/pool/index.js'
import type { WebWorker } from '../../src/pool/worker/ports.js'
import { serve } from '../../src/pool/worker/serve.js'
import type { Octets } from '../../bindings/octets/octets.js'
import { createIssuer, type ProfileIssuer } from '../../src/ws-trust/artefacts/issuer-parameters.js'

const DAY = 86_400_000
export const CLAIM_TYPE = 'urn:example:who'

/** What all worlds share, since it costs seconds to make: keys, and a pool that computes in this thread. */
export interface Material {
  readonly issuer: ProfileIssuer
  readonly pool: Pool
  readonly verifier: SignatureVerifier
  readonly authority: { readonly key: SigningKey; readonly root: Octets; readonly profiles: readonly Profile[] }
  /** Of clients that enrol. */
  readonly key: SigningKey
  dispose(): Promise<void>
}

export async function makeMaterial(): Promise<Material> {
  const engine: Engine = await createEngine()
  const group = engine.subgroup(L1024N160, { allowLegacy: true })
  const issuer = createIssuer(group, {
    uidp: 'https://claims.example/parameters/1',
    issuer: 'https://claims.example',
    notBefore: new Date('2020-01-01T00:00:00Z'),
    notOnOrAfter: new Date('2100-01-01T00:00:00Z'),
    claimTypes: [CLAIM_TYPE],
    recommended: L1024N160,
    allowLegacy: true,
  })
  const pool = await createPool({ workers: 1, worker: workerInThisThread })
  const [authorityKey, key] = await Promise.all([generateKey('ECDSA-P256'), generateKey('ECDSA-P256')])
  const root = await createRoot({ key: authorityKey, subject: parseName('CN=Simulated CA'), validity: 3_650 * DAY })
  const profile = (name: string, approval: Profile['approval']): Profile => ({
    ...{ name, approval, validity: 30 * DAY, keyUsage: ['digitalSignature'], enrollers: 'everyone' },
    extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
  })
  return {
    issuer,
    pool,
    verifier: signatureVerifier(),
    authority: { key: authorityKey, root, profiles: [profile('User', 'automatic'), profile('Reviewed', 'operator')] },
    key,
    dispose: async () => {
      await pool.dispose()
      engine.dispose()
    },
  }
}

/** The pool's worker without a thread: messages arrive in their order, before anything else happens. */
function workerInThisThread(): WebWorker {
  const end: Parameters<typeof serve>[0] = {
    onmessage: null,
    postMessage: (data, transfer) => deliver(worker, data, transfer),
  }
  const worker: WebWorker = {
    onmessage: null,
    onerror: null,
    onmessageerror: null,
    postMessage: (data, transfer) => deliver(end, data, transfer),
    terminate: () => undefined,
  }
  serve(end)
  return worker
}

interface Receiver {
  onmessage: ((event: MessageEvent) => unknown) | null
}

function deliver(to: Receiver, message: unknown, transfer: ArrayBuffer[]): void {
  const data: unknown = structuredClone(message, { transfer })
  queueMicrotask(() => to.onmessage?.({ data } as MessageEvent))
}
