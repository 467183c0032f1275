import { expect, it } from 'vitest'
import { StoreError } from '../../store/errors.js'
import type { ProfileParameters } from '../../ws-trust/artefacts/issuer-parameters.js'
import { healthOf } from './health-routes.js'
import type { HostRequest } from '../http/http.js'

const DAY = 86_400_000
const inForce = (from: number, until: number): { parameters: ProfileParameters } => {
  const specification = { notBefore: new Date(Date.now() + from), notOnOrAfter: new Date(Date.now() + until) }
  return { parameters: { specification } as ProfileParameters }
}
const readiness = (check: () => Promise<void>, issuer = inForce(-DAY, DAY), clock?: () => number) => {
  const { routes, isReady } = healthOf({ check }, issuer, clock)
  const route = routes.find(({ name }) => name === 'readyz')!
  return async () => {
    const [{ status }, ready] = await Promise.all([route.handle({} as HostRequest), isReady()])
    expect(ready).toBe(status === 200)
    return status
  }
}

it('is ready while its store answers and its Issuer parameters are in force', async () => {
  expect(await readiness(() => Promise.resolve())()).toBe(200)
  expect(await readiness(() => Promise.reject(new StoreError('store/unavailable')))()).toBe(503)
  expect(await readiness(() => Promise.resolve(), inForce(-2 * DAY, -DAY))()).toBe(503)
  expect(await readiness(() => Promise.resolve(), inForce(DAY, 2 * DAY))()).toBe(503)
})

it('asks its store once in 5 seconds for all who ask', async () => {
  let [checks, now] = [0, 0]
  let answer!: () => void
  const check = (): Promise<void> => {
    checks++
    return new Promise((resolve) => (answer = resolve))
  }
  const ready = readiness(check, inForce(-DAY, DAY), () => now)
  const all = Promise.all([ready(), ready(), ready()])
  answer()
  expect(await all).toEqual([200, 200, 200])
  expect(checks).toBe(1)
  now = 4_999
  expect(await ready()).toBe(200)
  expect(checks).toBe(1)
  now = 5_000
  const again = ready()
  answer()
  expect(await again).toBe(200)
  expect(checks).toBe(2)
})
