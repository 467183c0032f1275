import { describe, expect, it } from 'vitest'
import { InvalidInputError } from '../../../bindings/errors.js'
import { createLog } from './log.js'

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  let text = ''
  write(createLog('info', { write: (line) => (text += line) }))
  return text
}

describe('the log', () => {
  it('has a line of JSON an event', () => {
    const line = JSON.parse(logged((log) => log.info({ route: 'sts' }, 'answered'))) as object
    expect(line).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
      route: 'sts',
      msg: 'answered',
    })
  })

  it('has the texts of errors of this library, and of no others', () => {
    const cause = new TypeError('hunter2\nhunter3\n    at hunter4')
    const text = logged((log) =>
      log.error({ error: new InvalidInputError('a/code', 'a fixed text', { cause }) }, 'failed'),
    )
    expect(JSON.parse(text)).toMatchObject({
      error: { type: 'InvalidInputError', code: 'a/code', message: 'a fixed text', cause: { type: 'TypeError' } },
    })
    expect(text).not.toContain('hunter')
    expect(text).toContain('log.test.ts')
  })

  it('says what is thrown that is no error', () => {
    expect(JSON.parse(logged((log) => log.error({ error: 'hunter2' }, 'failed')))).toMatchObject({
      error: { type: 'string' },
    })
  })
})
