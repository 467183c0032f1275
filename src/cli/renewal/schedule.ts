import type { Certificate } from '../../pki/x509/certificate.js'
import { UsageError } from '../errors.js'

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** How long before its end a certificate is renewed, in milliseconds, by its lifetime. */
export type Window = (lifetime: number) => number

/** Reads `30d`, `12h`, `15m`, `90s` or `20%` (of the lifetime). Throws `UsageError`. */
export function readWindow(text: string): Window {
  const [, digits, unit = ''] = /^([1-9]\d{0,4})([smhd%])$/.exec(text) ?? []
  const count = Number(digits)
  if (digits === undefined || (unit === '%' && count >= 100)) {
    throw new UsageError(`--before takes a time such as 30d or 12h, or a part of the lifetime such as 20%, not ${text}`)
  }
  return unit === '%' ? (lifetime) => (lifetime * count) / 100 : () => count * (UNITS[unit] ?? 0)
}

type Validity = Pick<Certificate, 'notBefore' | 'notAfter'>

/** When the window of a certificate opens, in milliseconds since 1970. */
export function opensAt({ notBefore, notAfter }: Validity, window: Window): number {
  const lifetime = notAfter.getTime() - notBefore.getTime()
  return notAfter.getTime() - Math.min(window(lifetime), lifetime)
}

/**
 * When to renew a certificate: in the first tenth of its window, by chance, so that clients that enrolled together do not return
 * together. `random` gives numbers from 0 to below 1.
 */
export function renewAt(validity: Validity, window: Window, random: () => number = Math.random): number {
  const opens = opensAt(validity, window)
  return opens + 0.1 * random() * (validity.notAfter.getTime() - opens)
}

const LEAST = 1_000

/**
 * The pause before the next attempt: it doubles, and varies by a fifth, up to an hour. It is at most a tenth of the time that is
 * left, so that a short-lived certificate gets several attempts too; and at least a second.
 */
export function retryPause(failures: number, left: number, random: () => number = Math.random): number {
  const pause = Math.min(30_000 * 2 ** Math.min(failures, 20), 3_600_000) * (0.8 + 0.4 * random())
  return Math.max(LEAST, Math.min(pause, left / 10))
}
