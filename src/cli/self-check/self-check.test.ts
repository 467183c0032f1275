import { describe, expect, it } from 'vitest'
import { recordingTerminal } from '../testing/terminal.js'
import { hexPlaces, otherDigit, readVector, temporaryVector } from '../testing/vector-files.js'
import { runSelfCheck } from './self-check.js'
import { steps } from './stopwatch.js'
import { tamperings, type Tampering } from './tampering.js'

const amounts = { tokens: 3, batch: 2, presentations: 1 }

describe('the self-check', () => {
  const vector = readVector('vectors/digests/r1-sha1.json')

  it('checks, issues, presents, refuses and compares', async () => {
    const terminal = recordingTerminal()
    expect(await runSelfCheck({ vectors: temporaryVector(vector).folder, ...amounts }, terminal)).toBe(0)
    const { out, err } = terminal.written
    expect(out).toContain('Known answers: 1 file, 4 values, all agree')
    for (const revision of [1, 3]) expect(out).toContain(`Revision ${revision}: issued 3 tokens`)
    expect(out.match(/Accepted 2 presentations of 2 of 5 attributes, half of them with the Device/g)).toHaveLength(2)
    for (const { name, expected } of tamperings) {
      expect(out.match(new RegExp(`^ +${name} +${expected}$`, 'gm'))).toHaveLength(2)
    }
    for (const step of Object.values(steps)) {
      expect(out).toMatch(new RegExp(`^ +${step}( +\\d+\\.\\d+){6}$`, 'm'))
    }
    expect(out).toMatch(/All checks passed\.\n$/)
    expect(err).toMatch(/^known answers: 1 of 1/)
  })

  it('fails if the Verifier accepts a tampered presentation, or refuses it for another reason', async () => {
    const all = tamperings as Tampering[]
    const message = all.find(({ name }) => name === 'message changed')!
    const extra: Tampering[] = [
      { name: 'nothing changed', expected: 'presentation/proof', change: (presented) => presented },
      { ...message, name: 'another code expected', expected: 'token/signature' },
    ]
    all.push(...extra)
    try {
      const terminal = recordingTerminal()
      expect(await runSelfCheck({ vectors: temporaryVector(vector).folder, ...amounts }, terminal)).toBe(1)
      for (const [name, code] of [
        ['nothing changed: accepted', 'presentation/proof'],
        ['another code expected: presentation/proof', 'token/signature'],
      ] as const) {
        expect(terminal.written.out).toContain(`FAILED: revision 1 on bigint: ${name} instead of ${code}\n`)
      }
    } finally {
      all.length -= extra.length
    }
  })

  it('fails if a known answer differs', async () => {
    const terminal = recordingTerminal(true)
    const { value, with: changed } = hexPlaces(vector)[0]!
    expect(
      await runSelfCheck({ vectors: temporaryVector(changed(otherDigit(value))).folder, ...amounts }, terminal),
    ).toBe(1)
    expect(terminal.written.out).toContain('FAILED: vector.json differs at digests.byte 0x01\n')
    expect(terminal.written.out).toMatch(/Some checks failed, see above\.\n$/)
    expect(terminal.written.err).toMatch(/\r\x1b\[K$/)
  })
})
