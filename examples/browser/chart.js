const namespace = 'http://www.w3.org/2000/svg'
const width = 320
const rowHeight = 20
const groupHeight = 3 * rowHeight + 8
/** Where bars begin, and the length of the longest, which leaves room for its time. */
const [barsAt, longestBar] = [52, 190]
const rows = /** @type {const} */ (['wasm', 'bigint'])

/** @typedef {{ backend: 'wasm' | 'bigint', operation: string, ms: number }} Bar */

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function svgElement(name, attributes, text = '') {
  const made = document.createElementNS(namespace, name)
  set(made, attributes, text)
  return made
}

/**
 * @param {Element} element
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function set(element, attributes, text = '') {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value))
  element.textContent = text
}

/** A heading for each operation, with a bar for wasm and one for bigint. @param {readonly string[]} operations */
function emptyChart(operations) {
  const svg = svgElement('svg', { viewBox: `0 0 ${width} ${operations.length * groupHeight}`, role: 'img' })
  operations.forEach((operation, i) => {
    const top = i * groupHeight
    svg.append(svgElement('text', { x: 0, y: top + 14, class: 'heading', 'data-of': operation }))
    rows.forEach((backend, row) => {
      const y = top + (row + 1) * rowHeight
      const of = `${operation} ${backend}`
      svg.append(
        svgElement('text', { x: 0, y: y + 13 }, backend === 'wasm' ? 'WASM' : 'BigInt'),
        svgElement('rect', {
          class: backend,
          x: barsAt,
          y: y + 2,
          width: 0,
          height: rowHeight - 5,
          rx: 2,
          'data-of': of,
        }),
        svgElement('text', { y: y + 13, class: 'time', 'data-of': of }),
      )
    })
  })
  return svg
}

/**
 * Draws bars, or updates the existing ones.
 * @param {Element} container
 * @param {readonly Bar[]} bars
 */
export function drawChart(container, bars) {
  const operations = [...new Set(bars.map(({ operation }) => operation))]
  if (container.firstElementChild === null) container.append(emptyChart(operations))
  const longest = Math.max(...bars.map(({ ms }) => ms))
  const find = (/** @type {string} */ kind, /** @type {string} */ of) =>
    /** @type {Element} */ (container.querySelector(`${kind}[data-of="${of}"]`))
  for (const { backend, operation, ms } of bars) {
    const length = Math.max(1, (ms / longest) * longestBar)
    set(find('rect', `${operation} ${backend}`), { width: length })
    set(find('.time', `${operation} ${backend}`), { x: barsAt + length + 6 }, milliseconds(ms))
  }
  const labels = operations.map((operation) => {
    const [wasm = 0, bigint = 0] = rows.map(
      (backend) => bars.find((bar) => bar.operation === operation && bar.backend === backend)?.ms,
    )
    set(find('.heading', operation), {}, `${operation}: BigInt takes ${(bigint / wasm).toFixed(1)} times as long`)
    return `${operation}: WebAssembly ${milliseconds(wasm)}, BigInt ${milliseconds(bigint)}`
  })
  container.firstElementChild?.setAttribute('aria-label', `${labels.join('; ')}.`)
}

/** @param {number} value */
const milliseconds = (value) => `${value.toFixed(value < 10 ? 2 : 0)} ms`
