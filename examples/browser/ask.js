/**
 * Calls functions of a worker by name. Their errors come back with message and code.
 * @param {Worker} worker
 * @param {(progress: any) => void} [onProgress] gets the worker's progress
 * @returns {(name: string, argument?: unknown) => Promise<any>}
 */
export function asking(worker, onProgress = () => undefined) {
  /** @type {Map<number, { resolve(value: unknown): void, reject(error: Error): void }>} */
  const waiting = new Map()
  let calls = 0
  worker.onmessage = ({ data: { id, value, error, progress } }) => {
    if (progress !== undefined) return void onProgress(progress)
    const call = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) call?.resolve(value)
    else call?.reject(Object.assign(new Error(error.message), { code: error.code }))
  }
  worker.onerror = ({ message }) => waiting.forEach(({ reject }) => reject(new Error(message)))
  return (name, argument) =>
    new Promise((resolve, reject) => {
      waiting.set(++calls, { resolve, reject })
      worker.postMessage({ id: calls, name, argument })
    })
}

/**
 * Answers such calls, in the worker.
 * @param {Record<string, (argument: any) => unknown>} functions
 */
export function answering(functions) {
  globalThis.onmessage = async ({ data: { id, name, argument } }) => {
    try {
      postMessage({ id, value: await functions[name]?.(argument) })
    } catch (error) {
      const { message, code } = /** @type {Error & { code?: string }} */ (error)
      postMessage({ id, error: { message, code } })
    }
  }
}
