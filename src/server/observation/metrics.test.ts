import { expect, it } from 'vitest'
import { Metrics } from './metrics.js'

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
