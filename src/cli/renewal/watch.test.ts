import { EventEmitter } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodePem } from '../../pki/asn1/pem.js'
import { createRoot } from '../../pki/ca/issuing/root.js'
import { generateKey } from '../../pki/keys/keys.js'
import { parseCertificate } from '../../pki/x509/certificate.js'
import { parseName } from '../../pki/x509/name.js'
import { SoapError } from '../../soap/errors.js'
import { enrollmentFault } from '../../wstep/faults/fault-detail.js'
import { UsageError } from '../errors.js'
import { KeyPairFiles } from '../files/key-pair-files.js'
import { recordingTerminal } from '../testing/terminal.js'
import type { RenewalResult } from './renewal.js'
import { readWindow } from './schedule.js'
import { watch } from './watch.js'

const HOUR = 3_600_000
const BEGIN = Date.parse('2030-01-01T00:00:00Z')

type Event = 'SIGTERM' | 'SIGINT' | 'SIGHUP'

/** A watch in a time of its own: a pause ends at once, and the clock then shows its end. */
class Watched {
  readonly #signals = new EventEmitter()
  readonly #terminal = recordingTerminal()
  /** Hours since the beginning. */
  readonly attempts: number[] = []
  hooked = 0
  isPending = false
  #now = BEGIN
  /** What the server does at the attempts: the last one again and again. */
  answers: (() => Promise<RenewalResult>)[] = [() => this.renew()]

  constructor(
    private readonly file: string,
    /** Signals by the hour at which they come. */
    private readonly events: Map<number, Event>,
  ) {}

  /** Writes a new certificate for 100 hours. */
  async renew(): Promise<RenewalResult> {
    const key = await generateKey('ECDSA-P256')
    const subject = parseName('CN=x')
    const der = await createRoot({ key, subject, validity: 100 * HOUR, clock: () => new Date(this.#now) })
    await writeFile(this.file, encodePem('CERTIFICATE', der))
    return { status: 'issued', certificate: parseCertificate(der) }
  }

  async run(before: string, json = false): Promise<number> {
    const attempt = (): Promise<RenewalResult> => {
      this.attempts.push((this.#now - BEGIN) / HOUR)
      const answer = this.answers[Math.min(this.attempts.length, this.answers.length) - 1]!
      return answer()
    }
    const isPending = (): boolean => this.isPending
    const renewal = {
      attempt,
      get isPending() {
        return isPending()
      },
    }
    const clock = {
      now: () => this.#now,
      sleep: (milliseconds: number): Promise<void> => {
        const until = this.#now + milliseconds
        const [next] = [...this.events.keys()].sort((a, b) => a - b)
        if (next !== undefined && BEGIN + next * HOUR <= until) {
          this.#now = Math.max(this.#now, BEGIN + next * HOUR)
          this.#signals.emit(this.events.get(next)!)
          this.events.delete(next)
        } else this.#now = until
        return Promise.resolve()
      },
    }
    const onRenewed = (): Promise<void> => {
      this.hooked += 1
      return this.hooked === 1 ? Promise.reject(new UsageError('the hook failed')) : Promise.resolve()
    }
    const options = { files: new KeyPairFiles(this.file, 'key'), renewal, window: readWindow(before), onRenewed, json }
    return watch({ ...options, clock }, { ...this.#terminal, signals: this.#signals })
  }

  get lines(): string[] {
    return this.#terminal.written.out.trimEnd().split('\n')
  }

  /** Whether all its listeners are gone. */
  get isDeaf(): boolean {
    return this.#signals.eventNames().length === 0
  }
}

let folder: string
let watched: Watched
async function begin(events: [number, Event][]): Promise<void> {
  watched = new Watched(join(folder, 'crt'), new Map(events))
  await watched.renew()
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watch-'))
})
afterEach(() => rm(folder, { recursive: true }))

const unreachable = (): Promise<never> =>
  Promise.reject(new SoapError('soap/transport', { cause: new Error('timed out') }))

describe('a watch over a certificate', () => {
  it('renews it in time, again and again, until it is told to end', async () => {
    await begin([[250, 'SIGTERM']])
    expect(await watched.run('40h')).toBe(0)
    const [first, second, third] = watched.attempts
    expect(first).toBeGreaterThanOrEqual(60)
    expect(first).toBeLessThan(64)
    expect(second! - first!).toBeGreaterThanOrEqual(60)
    expect(third! - second!).toBeLessThan(64)
    expect(watched.lines[0]).toMatch(
      /^2030-01-01T00:00:00\.000Z info .*crt, serial \w+, valid until 2030-01-05.*: next renewal at 2030/,
    )
    expect(watched.lines.filter((line) => / info renewed .*crt, serial/.test(line))).toHaveLength(
      watched.attempts.length,
    )
    // A hook that fails is told, and called again the next time.
    expect(watched.lines.filter((line) => line.endsWith(' error the hook failed'))).toHaveLength(1)
    expect(watched.hooked).toBe(watched.attempts.length)
    expect(watched.lines.at(-1)).toMatch(/ info ended by a signal$/)
    expect(watched.isDeaf).toBe(true)
  })

  it('tries again with growing pauses while the server is down', async () => {
    await begin([[70, 'SIGINT']])
    watched.answers = [unreachable, unreachable, unreachable, unreachable, () => watched.renew()]
    expect(await watched.run('40h')).toBe(0)
    expect(watched.attempts).toHaveLength(5)
    const pauses = watched.attempts.slice(1).map((time, i) => (time - watched.attempts[i]!) * 3_600)
    expect(pauses.map((pause, i) => pause / (30 * 2 ** i))).toEqual(pauses.map(() => expect.closeTo(1, 0.2) as number))
    for (const pause of pauses) expect(pause).toBeGreaterThan(20)
    expect(
      watched.lines.filter((line) => line.includes('error cannot reach the server: the server does not answer')),
    ).toHaveLength(4)
    expect(watched.hooked).toBe(1)
  })

  it('gives up at the end of the certificate, after many attempts', async () => {
    await begin([])
    watched.answers = [unreachable]
    expect(await watched.run('40h')).toBe(1)
    expect(watched.attempts.length).toBeGreaterThan(40)
    expect(watched.lines.at(-1)).toMatch(/ error .*crt has ended and can no longer be renewed: enrol again/)
  })

  it('asks at the time that the server says, if it is too early', async () => {
    await begin([[90, 'SIGTERM']])
    const reasons = [
      { language: 'en-US', text: 'Too early (from 2030-01-04T08:00:00.000Z on). (denial/renewal-early)' },
    ]
    const early = enrollmentFault({ errorCode: 0x8009400e | 0, invalidRequest: true }, reasons)
    watched.answers = [() => Promise.reject(early), () => watched.renew()]
    await watched.run('90h')
    expect(watched.attempts).toHaveLength(2)
    expect(watched.attempts[1]).toBe(80)
    expect(watched.lines.join('\n')).toContain('the server refused: Too early')
  })

  it('asks for what is pending, also after a start', async () => {
    await begin([[3, 'SIGTERM']])
    watched.isPending = true
    const pending = (): Promise<RenewalResult> => Promise.resolve({ status: 'pending', requestId: '7' })
    watched.answers = [
      pending,
      pending,
      () => {
        watched.isPending = false
        return watched.renew()
      },
    ]
    expect(await watched.run('40h')).toBe(0)
    expect(watched.attempts[0]).toBe(0)
    expect(watched.attempts).toHaveLength(3)
    expect(watched.attempts[2]).toBeLessThan(0.1)
    expect(watched.lines.filter((line) => line.includes('request 7 is pending'))).toHaveLength(1)
  })

  it('reads the files again at SIGHUP, and ends the pause after a failure', async () => {
    await begin([
      [10, 'SIGHUP'],
      [70, 'SIGHUP'],
      [71, 'SIGTERM'],
    ])
    watched.answers = [unreachable]
    await watched.run('40h')
    expect(watched.lines.filter((line) => line.includes('next renewal at'))).toHaveLength(3)
    expect(watched.attempts).toContain(70)
  })

  it('makes no loop of a window that is longer than the lifetime', async () => {
    await begin([[400, 'SIGTERM']])
    await watched.run('999d')
    expect(watched.attempts.length).toBeGreaterThan(5)
    expect(watched.attempts.length).toBeLessThan(10)
  })

  it('logs in JSON, and nothing steers the terminal', async () => {
    await begin([[70, 'SIGTERM']])
    const reasons = [{ language: 'en-US', text: 'No\u001b[2J' }]
    watched.answers = [() => Promise.reject(enrollmentFault({ invalidRequest: false }, reasons))]
    await watched.run('40h', true)
    const lines = watched.lines.map((line) => JSON.parse(line) as { time: string; level: string; msg: string })
    expect(lines[0]).toEqual({ time: '2030-01-01T00:00:00.000Z', level: 'info', msg: expect.any(String) as string })
    expect(lines.some(({ level, msg }) => level === 'error' && msg.includes('No\\u001b[2J'))).toBe(true)
  })

  it('does not hide a bug', async () => {
    await begin([])
    watched.answers = [() => Promise.reject(new TypeError('a bug'))]
    await expect(watched.run('40h')).rejects.toThrow('a bug')
    expect(watched.isDeaf).toBe(true)
  })
})
