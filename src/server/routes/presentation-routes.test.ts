import { expect, it } from 'vitest'
import { StoreError } from '../../store/errors.js'
import type { RelyingParty } from '../../ws-trust/presentation/relying-party.js'
import type { HttpResponse } from '../../soap/http/http.js'
import type { HostRequest } from '../http/http.js'
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

it('asks a client to come again where as many challenges are open as may be', async () => {
  const refused: unknown[] = []
  const routes = presentationRoutes({
    path: '/p',
    relyingParty: {
      challenge: () => Promise.reject(new StoreError('store/full')),
      verify: () => Promise.reject(new StoreError('store/full')),
    },
    onRefused: (error) => refused.push(error),
  })
  const answer = await routes.find(({ name }) => name === 'challenge')!.handle({} as HostRequest)
  expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '60' } })
  expect(refused).toMatchObject([{ code: 'store/full' }])
})
