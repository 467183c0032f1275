import { afterEach, expect, it } from 'vitest'
import { StoreError, type StoreErrorCode } from '../../store/errors.js'
import { Host } from '../http/host.js'
import { soapRoute } from '../http/http.js'
import { SoapFault } from '../../soap/envelope/fault.js'
import { securityHeader } from '../../soap/security/security-header.js'
import { timestampElement } from '../../soap/security/timestamp.js'
import { faultResponse } from '../../soap/service.js'
import { logFailure } from './failure.js'
import { createLog } from './log.js'

let log = ''
const counted: string[] = []
const host = new Host({
  routes: [
    {
      ...soapRoute({ name: 'failing', path: '/*' }, () => Promise.reject(new Error('not called'))),
      // Like a SOAP service: it answers a failure with a fault.
      handle: ({ url }) => {
        const code = url.pathname.slice(1).replace('.', '/') as StoreErrorCode
        // As a driver's error below it.
        const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
        const error = new Error('outside', { cause: new StoreError(code, { cause }) })
        const lines = createLog('error', { write: (line: string) => void (log += line) })
        const parts = {
          deployment: { accountClass: () => 'staff' },
          metrics: { refused: (code: string) => void counted.push(code) },
        }
        logFailure({ log: lines, ...parts }, error, 'failed to answer')
        const fault = new SoapFault({ faultCode: 'Receiver', reasons: 'a fault', relatesTo: 'urn:uuid:asked' })
        return Promise.resolve(faultResponse(fault, securityHeader(timestampElement(new Date()))))
      },
    },
  ],
})
afterEach(() => host.close(0))

it('answers 503 with Retry-After and the fault inside while a database is unavailable, and 500 otherwise', async () => {
  const { port } = await host.listen(0, '127.0.0.1')
  const ask = async (code: string): Promise<unknown[]> => {
    const answer = await fetch(`http://127.0.0.1:${String(port)}/${code}`, { method: 'POST' })
    return [answer.status, answer.headers.get('retry-after'), await answer.text()]
  }
  for (const code of ['store.port', 'store.disk-full', 'store.read-only']) {
    const [status, after, fault] = await ask(code)
    expect([status, after]).toEqual([503, '5'])
    for (const part of [/:EndpointUnavailable<.*The database/, /RelatesTo>urn:uuid:asked</, /Timestamp.*Created>/]) {
      expect(fault).toMatch(part)
    }
    expect(fault).not.toContain('a fault')
  }
  expect(await ask('store.failed')).toEqual([500, null, expect.stringContaining('a fault') as string])
  expect(counted).toEqual(['store/port', 'store/disk-full', 'store/read-only', 'store/failed'])
  const lines = log.trim().split('\n')
  expect(lines).toHaveLength(4)
  for (const line of lines) {
    const facts = { id: expect.any(String) as string, route: 'failing', class: 'staff' }
    expect(JSON.parse(line)).toMatchObject({ ...facts, code: expect.stringMatching(/^store\//) as string })
  }
})
