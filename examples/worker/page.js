// The page loads no code of the package. It asks the worker, so its own thread stays free.
const worker = new Worker(new URL('./wallet.js', import.meta.url), { type: 'module' })
/** @type {Map<number, { resolve(value: any): void, reject(error: Error): void }>} */
const waiting = new Map()
let calls = 0

worker.onmessage = (/** @type {MessageEvent} */ { data: { id, value, error } }) => {
  const call = waiting.get(id)
  waiting.delete(id)
  if (error === undefined) call?.resolve(value)
  else call?.reject(new Error(error))
}
worker.onerror = (/** @type {ErrorEvent} */ { message }) => waiting.forEach(({ reject }) => reject(new Error(message)))

/**
 * @param {string} name of a function in wallet.js
 * @param {unknown} [argument] anything that can be cloned
 * @returns {Promise<any>}
 */
const ask = (name, argument) =>
  new Promise((resolve, reject) => {
    waiting.set(++calls, { resolve, reject })
    worker.postMessage({ id: calls, name, argument })
  })

/** @param {string} text */
const show = (text) => {
  const status = document.querySelector('[role=status]')
  if (status !== null) status.textContent = text
}

try {
  const { backend, tokens } = await ask('open', { tokens: 2 })
  const message = crypto.getRandomValues(new Uint8Array(32))
  const presentation = await ask('present', { disclosed: [2], message })
  const { valid, attributes } = await ask('verify', { ...presentation, message })
  show(`${backend}: ${tokens} tokens, ${valid ? new TextDecoder().decode(attributes.get(2)) : 'refused'}`)
} catch (error) {
  show(String(error))
}
