// How fast this device is: bars for WebAssembly and BigInt, drawn while a worker measures.
import { asking } from '../shared/calls.js'
import { h } from '../shared/dom.js'
import { texts } from '../shared/language.js'
import type { Measured, SpeedFunctions } from './speed-worker.js'

const labels = { wasm: 'WebAssembly', bigint: 'BigInt' }
/** A cheap phone beside a good desktop. */
const slowdown = 4

const inMilliseconds = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`

export async function measureInto(figure: HTMLElement): Promise<void> {
  const worker = new Worker(new URL('./speed-worker.ts', import.meta.url), { type: 'module' })
  const draw = (measured: readonly Measured[]): void => figure.replaceChildren(...chart(measured))
  try {
    draw(await asking<SpeedFunctions, readonly Measured[]>(worker, draw)('measure', { rounds: 10 }))
    figure.append(h('p', {}, texts().story.speedEnd))
  } finally {
    worker.terminate()
  }
}

/** Lists with meters: they need no picture to be read. */
function chart(measured: readonly Measured[]): HTMLElement[] {
  const { story } = texts()
  const longest = Math.max(...measured.map(({ ms }) => ms))
  const operations = [...new Set(measured.map(({ operation }) => operation))]
  return operations.map((operation) => {
    const own = measured.filter((each) => each.operation === operation)
    const [wasm = 0, bigint = 0] = (['wasm', 'bigint'] as const).map(
      (backend) => own.find((each) => each.backend === backend)?.ms,
    )
    const name = story.operations[operation] ?? operation
    return h(
      'section',
      {},
      h('h3', {}, story.times(name, (bigint / wasm).toFixed(1))),
      ...own.map(({ backend, ms }) => {
        const label = `${labels[backend]}: ${inMilliseconds(ms)}`
        const meter = h('meter', {
          class: backend,
          min: '0',
          max: String(longest),
          value: String(ms),
          'aria-label': `${name}, ${label}`,
        })
        return h('p', { class: 'bar' }, h('span', {}, label), meter)
      }),
      h('p', { class: 'hint' }, story.phone(inMilliseconds(wasm * slowdown))),
    )
  })
}
