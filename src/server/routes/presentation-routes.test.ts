import { expect, it } from 'vitest'
import { StoreError } from '../../store/errors.js'
import type { RelyingParty } from '../../ws-trust/presentation/relying-party.js'
import type { HostRequest, HttpResponse } from '../http/http.js'
import { presentationRoutes } from './presentation-routes.js'

const verify = (relyingParty: Pick<RelyingParty, 'verify'>, body: string): Promise<HttpResponse> => {
  const routes = presentationRoutes({ relyingParty: relyingParty as RelyingParty, path: '/p' })
  const route = routes.find(({ name }) => name === 'verify')!
  return route.handle({
    headers: { 'content-type': 'application/json' },
    body: new TextEncoder().encode(body),
  } as unknown as HostRequest)
}

it('does not blame a client for a store that is away', async () => {
  const relyingParty = { verify: () => Promise.reject(new StoreError('store/unavailable')) }
  await expect(verify(relyingParty, '{"presentation":"<x/>"}')).rejects.toMatchObject({ code: 'store/unavailable' })
  expect(await verify(relyingParty, '{"presentation":1}')).toMatchObject({ status: 400 })
})
