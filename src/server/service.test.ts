import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { initialize } from './init.js'
import { createLog } from './log.js'
import { startService, type Service } from './service.js'

let folder: string
let service: Service

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deployment-'))
  await initialize(folder, { passwords: { alice: 'correct horse', bob: 'battery staple' }, onStep: console.log })
  service = await startService(folder, {
    log: createLog('info'),
    listen: { address: '127.0.0.1', port: 0 },
    adminListen: { address: '127.0.0.1', port: 0 },
    environment: {},
  })
}, 60_000)

afterAll(async () => {
  await service.close()
  await rm(folder, { recursive: true })
})

describe('a service', () => {
  it('starts', () => {
    expect(service.port).toBeGreaterThan(0)
  })
})
