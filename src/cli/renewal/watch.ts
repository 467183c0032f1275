import { setTimeout as sleep } from 'node:timers/promises'
import { equalOctets } from '../../../bindings/octets/octets.js'
import { serialText } from '../../pki/ca/issuing/sign-certificate.js'
import type { Certificate } from '../../pki/x509/certificate.js'
import { exitCode, type ExitCode } from '../command/command.js'
import { describeFailure, printable } from '../command/failures.js'
import type { Terminal } from '../command/terminal.js'
import { UsageError } from '../errors.js'
import type { KeyPairFiles } from '../files/key-pair-files.js'
import { earliestRenewal, type Renewal } from './renewal.js'
import { renewAt, retryPause, type Window } from './schedule.js'

export interface WatchOptions {
  readonly files: KeyPairFiles
  readonly renewal: Pick<Renewal, 'attempt' | 'isPending'>
  readonly window: Window
  /** Called after each renewal. Its failure is logged. */
  readonly onRenewed: (certificate: Certificate) => Promise<void>
  /** Writes log lines as JSON. */
  readonly json: boolean
  /** Default: that of the system. */
  readonly clock?: Clock
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Resolves after so many milliseconds, or when the signal comes. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>
}

const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
}

/** The certificate in the file, and the time of the next attempt. */
interface Plan {
  readonly der: Uint8Array
  readonly at: number
}

type Log = (level: 'info' | 'error', text: string) => void

const ENDING = ['SIGINT', 'SIGTERM'] as const

/**
 * Renews a certificate in time, again and again, until SIGTERM or SIGINT. SIGHUP reads the files again and ends the pause after a
 * failure. Failures are logged and retried: only the end of the certificate ends the watch, with exit code 1.
 */
export async function watch(options: WatchOptions, { out, signals = process }: Terminal): Promise<ExitCode> {
  const ending = new AbortController()
  const { clock = SYSTEM_CLOCK } = options
  const sleeper = new Sleeper(ending.signal, clock)
  const end = (): void => {
    ending.abort()
  }
  const wake = (): void => {
    sleeper.wake()
  }
  const log: Log = (level, text) => {
    const time = isoTime(clock.now())
    out.write(`${options.json ? JSON.stringify({ time, level, msg: text }) : `${time} ${level} ${printable(text)}`}\n`)
  }
  for (const signal of ENDING) signals.on(signal, end)
  signals.on('SIGHUP', wake)
  try {
    return await renewForever(options, { sleeper, clock, log })
  } catch (error) {
    if (!ending.signal.aborted) throw error
    log('info', 'ended by a signal')
    return exitCode.success
  } finally {
    for (const signal of ENDING) signals.off(signal, end)
    signals.off('SIGHUP', wake)
  }
}

/** Returns when the certificate has ended. Throws the signal's reason. */
async function renewForever(
  options: WatchOptions,
  { sleeper, clock, log }: { readonly sleeper: Sleeper; readonly clock: Clock; readonly log: Log },
): Promise<ExitCode> {
  const { files, renewal, window, onRenewed } = options
  let plan: Plan | undefined
  /** Attempts since the last success. */
  let attempts = 0
  /** Before it no renewal is due by the calendar: a window that is longer than the lifetime must not make a loop. */
  let notBefore = 0
  for (;;) {
    const certificate = await files.readCertificate()
    const [end, now] = [certificate.notAfter.getTime(), clock.now()]
    if (end <= now) {
      log('error', `${files.certificate} has ended and can no longer be renewed: enrol again (uprove enroll)`)
      return exitCode.failure
    }
    const { der } = certificate
    if (plan === undefined || !equalOctets(plan.der, der)) {
      const at = renewal.isPending ? now : Math.max(renewAt(certificate, window), notBefore, now)
      log('info', `${files.certificate}, ${inWords(certificate)}: next renewal at ${isoTime(at)}`)
      plan = { der, at }
    }
    if (await sleeper.until(plan.at)) {
      plan = undefined
      continue
    }
    try {
      const result = await renewal.attempt(sleeper.signal)
      if (result.status === 'issued') {
        attempts = 0
        notBefore = (clock.now() + result.certificate.notAfter.getTime()) / 2
        plan = undefined
        log('info', `renewed ${files.certificate}, ${inWords(result.certificate)}`)
        await onRenewed(result.certificate).catch(logging(log))
      } else {
        if (attempts === 0) log('info', `request ${result.requestId} is pending: an operator has to approve it`)
        plan = { der, at: clock.now() + retryPause(attempts++, end - clock.now()) }
      }
    } catch (error) {
      sleeper.signal.throwIfAborted()
      logging(log)(error)
      const earliest = earliestRenewal(error)
      const pause = retryPause(attempts++, end - clock.now())
      const at = earliest !== undefined && earliest < end ? earliest : clock.now() + pause
      log('info', `next attempt at ${isoTime(at)}`)
      plan = { der, at }
    }
  }
}

/** Logs a failure. Throws an error that is a bug. */
const logging =
  (log: Log) =>
  (error: unknown): void => {
    const failure = error instanceof UsageError ? error.message : describeFailure(error)
    if (failure === undefined) throw error
    log('error', failure)
  }

const inWords = ({ serialNumber, notAfter }: Certificate): string =>
  `serial ${serialText(serialNumber)}, valid until ${notAfter.toISOString()}`

const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString()

const HOUR = 3_600_000

/** Waits for a time of the clock, which may be changed meanwhile. */
class Sleeper {
  #waking = new AbortController()

  constructor(
    readonly signal: AbortSignal,
    private readonly clock: Clock,
  ) {}

  /** Ends the wait, or the next one. */
  wake(): void {
    this.#waking.abort()
  }

  /** Whether `wake` ended the wait before its time. Throws the signal's reason. */
  async until(time: number): Promise<boolean> {
    const either = AbortSignal.any([this.signal, this.#waking.signal])
    while (this.clock.now() < time && !either.aborted) {
      await this.clock.sleep(Math.min(time - this.clock.now(), HOUR), either)
    }
    this.signal.throwIfAborted()
    const isWoken = this.#waking.signal.aborted
    if (isWoken) this.#waking = new AbortController()
    return isWoken
  }
}
