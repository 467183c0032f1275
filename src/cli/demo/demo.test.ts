import { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { recordingTerminal, runWith } from '../testing/terminal.js'
import { Steps, must } from './steps.js'
import { runDemo } from './demo.js'

describe('the demo of npm start', () => {
  it('is told with verdicts and times, and serves until it is ended', { timeout: 120_000 }, async () => {
    const terminal = { ...recordingTerminal(), signals: new EventEmitter() }
    const telling = runDemo({ claimTokens: 4, idTokens: 2, stay: true }, terminal)
    const { written } = terminal
    while (!written.out.includes('until Ctrl-C')) {
      await Promise.race([sleep(50), telling])
      if ((await Promise.race([telling, sleep(0, 'running')])) !== 'running') throw new Error(written.out)
    }
    for (const [title, outcome] of [
      ['init: authority, Issuer, users', 'https://localhost:'],
      ['WSTEP: alice enrols as a user', 'issued: CN=Alice Archer'],
      ['WSTEP: alice enrols as Device issuer', 'pending, request'],
      ['uprove ca DIR approve', 'request \\d+: issued'],
      ['WSTEP: alice queries its status', 'issued: CN=Alice Archer'],
      ['WSTEP: renewed by its old key alone', 'issued: CN=Alice Archer'],
      ['WSTEP: bob enrols as Device issuer', 'the server refused: .*0x80094012'],
      ['WS-Trust: 4 claim, 2 ID tokens', '4 and 2 tokens, each verified'],
      ['SOAP: presentation, tampered with', 'presentation/proof'],
      ['SOAP: presentation of two claims', 'accepted'],
      ['SOAP: the same again', 'relying-party/replayed'],
      ['JSON: its answer, tampered with', 'presentation/proof'],
      ['JSON: its answer', 'accepted: Alice, SE'],
      ['JSON: the same again', 'relying-party/nonce-used'],
    ]) {
      expect(written.out).toMatch(new RegExp(`^ +${title!} +\\d+(\\.\\d)? ms +${outcome!}`, 'm'))
    }

    const [, folder] = /the folder (\S+) is removed/.exec(written.out)!
    expect(await runWith({}, 'ca', folder!, 'pending')).toMatchObject({ code: 0, out: 'No request is pending.\n' })
    terminal.signals.emit('SIGINT')
    expect(await telling).toBe(0)
    expect(existsSync(folder!)).toBe(false)
    expect(terminal.signals.eventNames()).toEqual([])
  })

  it('fails if something is not as it must be, and leaves nothing', { timeout: 120_000 }, async () => {
    const terminal = recordingTerminal()
    // More tokens than the deployment gives at once.
    expect(await runDemo({ claimTokens: 1, idTokens: 1_000, stay: false }, terminal)).toBe(1)
    expect(terminal.written.out).toMatch(/1 and 100 tokens[^]*WRONG: the tokens are not as many as were asked for\n$/)
    expect(terminal.written.out).not.toContain('To have such a server')
  })

  it('notes what was done, and what is wrong', async () => {
    const steps = new Steps(recordingTerminal())
    expect(await steps.step('one', () => Promise.resolve(1), String)).toBe(1)
    const disagree = async (): Promise<void> => must(await Promise.resolve(false), 'no')
    await expect(steps.step('two', disagree, String)).rejects.toThrow('two: WRONG: no')
    await expect(steps.step('three', () => Promise.reject(new TypeError('a bug')), String)).rejects.toThrow(TypeError)
    expect(steps.table()).toMatch(/^ {3}one {2}\d\.\d ms {2}1\n$/)
  })
})
