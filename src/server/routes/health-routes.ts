import type { Store } from '../../store/index.js'
import { checkInForce, type ProfileIssuer } from '../../ws-trust/artefacts/issuer-parameters.js'
import { json, type Route } from '../http/http.js'

/** `/healthz`: the process answers. `/readyz`: so does its store, and its Issuer parameters are in force. */
export function healthRoutes(store: Pick<Store, 'check'>, { parameters }: Pick<ProfileIssuer, 'parameters'>): Route[] {
  const route = (name: string, handle: () => Promise<void>): Route => ({
    ...{ name, method: 'GET', path: `/${name}`, always: true, maxBody: 0 },
    handle: async () => {
      try {
        await handle()
        return json(200, { status: 'ok' })
      } catch {
        return json(503, { status: 'unavailable' })
      }
    },
  })
  // Everybody may ask, as often as they like: the store is asked once for all who wait.
  let checking: Promise<void> | undefined
  const checked = (): Promise<void> => (checking ??= store.check().finally(() => (checking = undefined)))
  return [
    route('healthz', () => Promise.resolve()),
    route('readyz', async () => {
      await checked()
      checkInForce(parameters, new Date())
    }),
  ]
}
