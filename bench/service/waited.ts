import { readFileSync } from 'node:fs'

/** How long this thread has waited for a processor, ms: the second figure of schedstat (Linux); 0 elsewhere. */
export function waited(): number {
  try {
    const [, wait] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')
    return Number(wait) / 1e6
  } catch {
    return 0
  }
}
