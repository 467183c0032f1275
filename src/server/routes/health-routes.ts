import type { Store } from '../../store/index.js'
import { checkInForce, type ProfileIssuer } from '../../ws-trust/artefacts/issuer-parameters.js'
import { json, type Route } from '../http/http.js'

/**
 * Health for probes: `/healthz` answers 200 while the process answers, `/readyz` while its store answers too and its Issuer
 * parameters are in force; otherwise 503.
 */
export function healthRoutes(store: Pick<Store, 'check'>, { parameters }: Pick<ProfileIssuer, 'parameters'>): Route[] {
  const route = (name: string, check: () => Promise<void>): Route => ({
    ...{ name, method: 'GET', path: `/${name}`, always: true, maxBody: 0 },
    handle: async () => {
      try {
        await check()
        return json(200, { status: 'ok' })
      } catch {
        return json(503, { status: 'unavailable' })
      }
    },
  })
  // The route is public and unlimited, so simultaneous requests share one query of the store.
  let checking: Promise<void> | undefined
  const checkStore = (): Promise<void> => (checking ??= store.check().finally(() => (checking = undefined)))
  return [
    route('healthz', () => Promise.resolve()),
    route('readyz', async () => {
      await checkStore()
      checkInForce(parameters, new Date())
    }),
  ]
}
