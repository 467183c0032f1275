import { delay } from '../../soap/http/transport.js'
import { WstepError } from '../errors.js'

export interface PollOptions<Pending> {
  readonly signal?: AbortSignal
  /**
   * The pause before the first query; 5 by default. Each further pause is one and a half times as long, and at least a tenth
   * of a second.
   */
  readonly firstSeconds?: number
  /** The longest pause; 300 by default. */
  readonly maxSeconds?: number
  /** The time limit; none by default. */
  readonly timeoutSeconds?: number
  /** Called before each pause. */
  readonly onPending?: (pending: Pending, nextInSeconds: number) => void
}

const GROWTH = 1.5
const LEAST_SECONDS = 0.1

/**
 * Queries until the answer is no longer pending. The pauses grow and vary by a fifth, so that clients do not return at the
 * same time. Throws what the query throws, `WstepError` (`wstep/still-pending`), the signal's reason.
 */
export async function poll<Pending extends { status: 'pending' }, Issued extends { status: 'issued' }>(
  first: Pending,
  ask: (pending: Pending, signal: AbortSignal | undefined) => Promise<Pending | Issued>,
  options: PollOptions<Pending>,
): Promise<Issued> {
  const { signal, firstSeconds = 5, maxSeconds = 300, timeoutSeconds = Number.POSITIVE_INFINITY, onPending } = options
  let pending = first
  let left = timeoutSeconds
  for (let pause = firstSeconds; ; pause = Math.min(Math.max(pause * GROWTH, LEAST_SECONDS), maxSeconds)) {
    if (left <= 0) throw new WstepError('wstep/still-pending')
    const seconds = Math.min(pause * (0.8 + 0.4 * Math.random()), left)
    onPending?.(pending, seconds)
    await delay(seconds * 1000, signal)
    left -= seconds
    const answer = await ask(pending, signal)
    if (answer.status === 'issued') return answer
    pending = answer
  }
}
