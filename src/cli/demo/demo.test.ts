import { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { recordingTerminal, runWith } from '../testing/terminal.js'
import { Steps, must } from './steps.js'
import { runDemo } from './demo.js'

describe('the demo of npm start', () => {
  it('prints outcomes and times, and serves until a signal comes', { timeout: 120_000 }, async () => {
    const terminal = { ...recordingTerminal(), signals: new EventEmitter() }
    const telling = runDemo({ claimTokens: 4, idTokens: 2, stay: true }, terminal)
    const { written } = terminal
    while (!written.out.includes('until you press Ctrl-C')) {
      await Promise.race([sleep(50), telling])
      if ((await Promise.race([telling, sleep(0, 'running')])) !== 'running') throw new Error(written.out)
    }
    for (const [title, outcome] of [
      ['Create a deployment', 'https://localhost:\\d+, with users Alice and Bob'],
      ['Alice enrols for a user certificate', 'issued to CN=Alice Archer'],
      ['Alice asks to become a Device issuer', 'request \\d+ is pending'],
      ['The operator approves the request', 'request \\d+ is issued'],
      ['Alice fetches that certificate', 'issued to CN=Alice Archer'],
      ['Alice renews the first, with its key alone', 'issued to CN=Alice Archer'],
      ['Bob asks to become a Device issuer', 'the server refused: .*0x80094012'],
      ['Obtain 4 claim, 2 ID tokens', '4 and 2 tokens, each verified'],
      ['SOAP: a presentation, tampered with', 'refused: presentation/proof'],
      ['SOAP: the presentation of two claims', 'accepted'],
      ['SOAP: the same again', 'refused: relying-party/replayed'],
      ['JSON: the answer, tampered with', 'refused: presentation/proof'],
      ['JSON: the answer', 'accepted: Alice, SE'],
      ['JSON: the same again', 'refused: relying-party/nonce-used'],
      ['Obtain a token that a Device protects', '1 token'],
      ['JSON: its presentation, with the Device', 'accepted: Alice, SE'],
      ['JWK: fetch the key', 'UP256, kid [\\w-]{8}\\.{3}'],
      ['JWK: obtain 4 tokens on P-256', '4 tokens, each verified'],
      ['JWS: a presentation, tampered with', 'refused: presentation/proof'],
      ['JWS: the presentation of two claims', 'accepted: Alice, SE'],
      ['JWS: the same again', 'refused: verifier/challenge-used'],
    ]) {
      expect(written.out).toMatch(new RegExp(`^ +${title!} +\\d+(\\.\\d)? ms +${outcome!}`, 'm'))
    }

    const [, folder] = /also removes (\S+)\.\n/.exec(written.out)!
    expect(await runWith({}, 'ca', folder!, 'pending')).toMatchObject({ code: 0, out: 'No request is pending.\n' })
    terminal.signals.emit('SIGINT')
    expect(await telling).toBe(0)
    expect(existsSync(folder!)).toBe(false)
    expect(terminal.signals.eventNames()).toEqual([])
  })

  it('fails if an outcome is wrong, and leaves nothing behind', { timeout: 120_000 }, async () => {
    const terminal = recordingTerminal()
    // More tokens than the deployment gives at once.
    expect(await runDemo({ claimTokens: 1, idTokens: 1_000, stay: false }, terminal)).toBe(1)
    expect(terminal.written.out).toMatch(/1 and 100 tokens[^]*FAILED: the number of tokens differs from the request\n$/)
    expect(terminal.written.out).not.toContain('To start one')
  })

  it('keeps what was done, and says what is wrong', async () => {
    const steps = new Steps(recordingTerminal())
    expect(await steps.step('one', () => Promise.resolve(1), String)).toBe(1)
    const disagree = async (): Promise<void> => must(await Promise.resolve(false), 'no')
    await expect(steps.step('two', disagree, String)).rejects.toThrow('two: FAILED: no')
    await expect(steps.step('three', () => Promise.reject(new TypeError('a bug')), String)).rejects.toThrow(TypeError)
    expect(steps.table()).toMatch(/^ {3}one {2}\d\.\d ms {2}1\n$/)
  })
})
