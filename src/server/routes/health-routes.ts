import type { Store } from '../../store/index.js'
import { checkInForce, type ProfileIssuer } from '../../ws-trust/artefacts/issuer-parameters.js'
import { json, type Route } from '../http/http.js'

/** How long the result of a check counts, in milliseconds. */
const KEPT = 5_000

/**
 * Health for probes: `/healthz` answers 200 while the process answers, `/readyz` while its store takes a write too and its Issuer
 * parameters are in force; otherwise 503. What the store says is kept for 5 seconds.
 */
export function healthRoutes(
  store: Pick<Store, 'check'>,
  { parameters }: Pick<ProfileIssuer, 'parameters'>,
  clock: () => number = () => performance.now(),
): Route[] {
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
  // The query writes, so its result is kept for a while.
  let checked: { readonly result: Promise<void>; readonly until: number } | undefined
  const checkStore = (): Promise<void> => {
    if (checked === undefined || clock() >= checked.until) {
      checked = { result: store.check(), until: clock() + KEPT }
    }
    return checked.result
  }
  return [
    route('healthz', () => Promise.resolve()),
    route('readyz', async () => {
      await checkStore()
      checkInForce(parameters, new Date())
    }),
  ]
}
