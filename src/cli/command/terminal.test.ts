import { describe, expect, it } from 'vitest'
import { Progress } from './terminal.js'
import { recordingTerminal } from '../testing/terminal.js'

describe('progress', () => {
  it('is a bar on a terminal, cleared at the end', () => {
    const { err, written } = recordingTerminal(true)
    const progress = new Progress(err)
    progress.count('tokens', 1, 4)
    progress.count('tokens', 4, 4)
    progress.clear()
    expect(written.err).toBe(
      `\r\x1b[K[${'#'.repeat(6)}${'.'.repeat(18)}] tokens: 1 of 4\r\x1b[K[${'#'.repeat(24)}] tokens: 4 of 4\r\x1b[K`,
    )
  })

  it('is an occasional line elsewhere, on request', () => {
    const { err, written } = recordingTerminal()
    const progress = new Progress(err, true)
    progress.count('tokens', 0, 0)
    progress.count('tokens', 1, 4)
    progress.clear()
    new Progress(err).count('tokens', 1, 4)
    expect(written.err).toBe('tokens: 0 of 0\n')
  })
})
