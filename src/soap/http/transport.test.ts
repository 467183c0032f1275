import { describe, expect, it, vi } from 'vitest'
import type { HttpResponse } from './http.js'
import { patiently, retryAfter } from './transport.js'

const answer = (status: number, wait?: string): HttpResponse => ({
  ...{ status, headers: wait === undefined ? {} : { 'retry-after': wait } },
  body: new Uint8Array(),
})

describe('a server that cannot answer now', () => {
  it('says when to try again, in seconds or by a date', () => {
    const now = Date.parse('2026-01-01T00:00:00Z')
    expect(retryAfter(answer(503, '2'), now)).toBe(2_000)
    expect(retryAfter(answer(429, 'Thu, 01 Jan 2026 00:00:03 GMT'), now)).toBe(3_000)
    expect(retryAfter(answer(503, 'Wed, 31 Dec 2025 00:00:00 GMT'), now)).toBe(0)
    for (const other of [answer(503), answer(503, 'soon'), answer(500, '2'), answer(200, '2')]) {
      expect(retryAfter(other, now)).toBeUndefined()
    }
  })

  it('is asked again then, for as long as the caller is patient', async () => {
    vi.useFakeTimers()
    const asked = async (answers: HttpResponse[], patience: number): Promise<number[]> => {
      const times: number[] = []
      const begin = Date.now()
      const send = (): Promise<HttpResponse> => {
        times.push(Date.now() - begin)
        return Promise.resolve(answers.shift() ?? answer(200))
      }
      const result = patiently(send, patience)
      await vi.runAllTimersAsync()
      return [(await result).status, ...times]
    }
    const [status, first, second, third] = await asked([answer(503, '1'), answer(429, '0')], 10_000)
    expect([status, first]).toEqual([200, 0])
    expect(second).toBeGreaterThanOrEqual(1_000)
    expect(second).toBeLessThanOrEqual(1_500)
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(250)
    expect(await asked([answer(503, '60')], 10_000)).toEqual([503, 0])
    expect(await asked([answer(503, '1')], 0)).toEqual([503, 0])
    expect(await asked([answer(500)], 10_000)).toEqual([500, 0])
    vi.useRealTimers()
  })

  it('is not asked again once the signal says so', async () => {
    const controller = new AbortController()
    const send = vi.fn(() => Promise.resolve(answer(503, '1')))
    const result = patiently(send, 10_000, controller.signal)
    await new Promise((resolve) => setTimeout(resolve, 0))
    controller.abort(new Error('enough'))
    await expect(result).rejects.toThrow('enough')
    expect(send).toHaveBeenCalledTimes(1)
  })
})
