import { requestContext } from '../http/request-context.js'
import { DailyFiles } from './daily-files.js'
import { createLog, type Log } from './log.js'

/** The kind of a security event. */
export type SecurityEventKind = 'authentication' | 'lockout' | 'limit' | 'replay' | 'revoked' | 'operator' | 'refusal'

/** The facts about a refused request. */
export interface RefusedRequest {
  readonly account?: string
  readonly from?: string
  /** The authority's number of a request for a certificate. */
  readonly requestId?: string
}

/** The kind of a code, by the first match. */
const KINDS: readonly (readonly [RegExp, SecurityEventKind])[] = [
  [/^authentication\/locked/, 'lockout'],
  [/replayed$|nonce-used$|\/different-message$|\/context-in-use$/, 'replay'],
  [/revoked|compromised/, 'revoked'],
  [/^limit\/|\/busy$|\/too-many-open$|^store\/full$/, 'limit'],
  [/^operator\//, 'operator'],
  [/^authentication\/|^wstep\/authentication|\/not-authenticated$/, 'authentication'],
]

/** How often the same limit is logged for the same client, in milliseconds: a flood must not fill the disk. */
const LIMIT_INTERVAL = 10_000
/** How often old files are looked for, in milliseconds. */
const SWEEP_INTERVAL = 3_600_000
/** Clients whose last line about a limit is remembered. */
const CAPACITY = 10_000

/**
 * Logs refusals: the account, the reason, the address and the request. Each line has `security` (the kind), `code` (the last
 * cause), `codes` (all, the outermost first), `account` if the request named one that exists, its `class`, and `id`, `route`, `from`. It
 * never contains an unknown account name (which may be a mistyped password) or any part of a token.
 */
export class SecurityLog {
  readonly #lastLine = new Map<string, { at: number; suppressed: number }>()

  /**
   * @param onRefused called with the code of every refusal
   * @param classOf the class of an account, or of a request without one
   */
  constructor(
    private readonly log: Log,
    private readonly clock: () => number = () => performance.now(),
    private readonly onRefused: (code: string) => void = () => undefined,
    private readonly classOf: (account: string | undefined) => string = () => 'none',
  ) {}

  /**
   * Logs a refusal.
   *
   * @param codes the code, then those of its causes
   * @param details what the context of the request does not know
   */
  refused(codes: readonly string[], details: RefusedRequest = {}): void {
    const kind = KINDS.find(([pattern]) => codes.some((code) => pattern.test(code)))?.[1] ?? 'refusal'
    const context = requestContext.getStore()
    const code = codes.at(-1) ?? 'unknown'
    this.onRefused(code)
    if (context !== undefined) context.code = code
    const { account = context?.account, from = context?.address, requestId } = details
    const suppressed = kind === 'limit' ? this.#suppressed(`${code} ${account ?? from ?? ''}`) : 0
    if (suppressed === undefined) return
    const causes = codes.length > 1 ? codes : undefined
    const line = { security: kind, code, codes: causes, account, class: this.classOf(account), from, requestId }
    this.log[kind === 'refusal' ? 'info' : 'warn'](suppressed > 0 ? { ...line, suppressed } : line, 'refused')
  }

  /** How many such lines were suppressed since the last one; undefined if this one is suppressed too. */
  #suppressed(name: string): number | undefined {
    const now = this.clock()
    const last = this.#lastLine.get(name)
    if (last !== undefined && now - last.at < LIMIT_INTERVAL) {
      last.suppressed++
      return undefined
    }
    this.#lastLine.delete(name)
    this.#lastLine.set(name, { at: now, suppressed: 0 })
    if (this.#lastLine.size > CAPACITY) {
      const [oldest] = this.#lastLine.keys()
      if (oldest !== undefined) this.#lastLine.delete(oldest)
    }
    return last?.suppressed ?? 0
  }
}

/**
 * The security log of a service: in files of its own, which are deleted after the retention, or among the lines of the log.
 *
 * @param files their folder, and how long they are kept in milliseconds
 */
export function openSecurityLog(
  log: Log,
  files: { readonly folder: string; readonly retention: number } | undefined,
  onClose: (close: () => unknown) => void,
  onRefused?: (code: string) => void,
  classOf?: (account: string | undefined) => string,
): SecurityLog {
  const clock = (): number => performance.now()
  if (files === undefined) return new SecurityLog(log, clock, onRefused, classOf)
  const destination = new DailyFiles(files.folder, files.retention)
  const timer = setInterval(() => destination.sweep(), SWEEP_INTERVAL).unref()
  onClose(() => {
    clearInterval(timer)
    destination.close()
  })
  return new SecurityLog(createLog('info', destination), clock, onRefused, classOf)
}
