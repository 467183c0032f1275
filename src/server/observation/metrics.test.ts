import { expect, it } from 'vitest'
import { Metrics } from './metrics.js'

it('counts events from 0, so that the first is an increase', async () => {
  const metrics = new Metrics()
  const counted = async (event: string) =>
    new RegExp(`^uprove_events_total\\{event="${event}"\\} (\\d+)$`, 'm').exec((await metrics.expose()).body)?.[1]
  expect(await counted('reload_failed')).toBe('0')
  metrics.count('reload_failed')
  expect([await counted('reload_failed'), await counted('operator_revoked')]).toEqual(['1', '0'])
})

it('tells the other values while one cannot be read', async () => {
  const metrics = new Metrics()
  let isDown = false
  metrics.gauge('open', 'Open', () => (isDown ? Promise.reject(new Error('down')) : Promise.resolve(3)))
  metrics.gauge('other', 'Other', () => 4)
  expect((await metrics.expose()).body).toMatch(/^uprove_open 3$/m)
  isDown = true
  expect((await metrics.expose()).body).toMatch(/^uprove_open nan$/im)
  expect((await metrics.expose()).body).toMatch(/^uprove_other 4$/m)
})
