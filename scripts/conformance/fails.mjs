/**
 * Whether a test fails, or does not end in time.
 *
 * @param {() => unknown} run
 * @param {number} milliseconds
 */
export async function fails(run, milliseconds) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  const late = new Promise((_, reject) => (timer = setTimeout(reject, milliseconds)))
  try {
    await Promise.race([Promise.resolve().then(run), late])
    return false
  } catch {
    return true
  } finally {
    clearTimeout(timer)
  }
}
