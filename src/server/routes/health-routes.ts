import type { Store } from '../../store/index.js'
import { checkInForce, type ProfileIssuer } from '../../ws-trust/artefacts/issuer-parameters.js'
import { json, type Route } from '../http/http.js'

/** How long the result of a check counts, in milliseconds. */
const KEPT = 5_000

export interface Health {
  readonly routes: readonly Route[]
  /** What `/readyz` tells. */
  readonly isReady: () => Promise<boolean>
}

/**
 * Health for probes: `/healthz` answers 200 while the process answers, `/readyz` while its store takes a write too and its Issuer
 * parameters are in force; otherwise 503. What the store says is kept for 5 seconds.
 */
export function healthOf(
  store: Pick<Store, 'check'>,
  { parameters }: Pick<ProfileIssuer, 'parameters'>,
  clock: () => number = () => performance.now(),
): Health {
  const route = (name: string, isWell: () => Promise<boolean>): Route => ({
    ...{ name, method: 'GET', path: `/${name}`, always: true, maxBody: 0 },
    handle: async () => ((await isWell()) ? json(200, { status: 'ok' }) : json(503, { status: 'unavailable' })),
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
  const isReady = async (): Promise<boolean> => {
    try {
      await checkStore()
      checkInForce(parameters, new Date())
      return true
    } catch {
      return false
    }
  }
  return { routes: [route('healthz', () => Promise.resolve(true)), route('readyz', isReady)], isReady }
}
