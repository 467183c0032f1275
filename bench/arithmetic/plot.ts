import { svgBar, svgLine, svgText } from '../program/figures.js'
import type { Result } from '../timing/measurement.js'
import { unitName } from '../timing/peers.js'
import { labelOfResult } from './requirements.js'

/** The subjects in the plot, fastest first, with their colours. */
const subjects = [
  { label: 'relaxed-fma', title: 'WebAssembly, relaxed SIMD', colour: '#0b6e4f' },
  { label: 'simd', title: 'WebAssembly, SIMD', colour: '#3aa17e' },
  { label: 'scalar', title: 'WebAssembly', colour: '#9ccfb8' },
  { label: 'bigint', title: 'BigInt, same algorithms', colour: '#d9a441' },
  { label: 'bigint-plain', title: 'BigInt, square-and-multiply', colour: '#b5544a' },
  { label: 'gmp-wasm', title: 'gmp-wasm', colour: '#8a6fb0' },
]

/** The operations in the plot. A subject without batches of that size is drawn with its next smaller ones. */
const operations = [
  { title: 'exponentiate', names: ['exponentiate'] },
  { title: 'fixed base', names: ['fixed base'] },
  { title: 'issue, batch of 1,000', names: ['issue 1000 R3', 'issue 100 R3'] },
  { title: 'obtain, batch of 100', names: ['obtain 100 R3', 'obtain 20 R3'] },
  { title: 'present', names: ['present R3'] },
  { title: 'verify', names: ['verify R3'] },
]

const [width, left, right, top, barHeight, groupGap] = [860, 170, 30, 78, 13, 14]

/** The times of one set as bars on a logarithmic axis, as an SVG document; undefined where there is nothing to draw. */
export function renderPlot(results: readonly Result[], set: string): string | undefined {
  const own = results.filter((result) => result.set === set)
  const find = (label: string, names: readonly string[]): Result | undefined =>
    names.flatMap((name) => own.find((result) => labelOfResult(result) === label && result.name === name) ?? [])[0]
  const groups = operations
    .map(({ title, names }) => ({
      title,
      bars: subjects.flatMap((subject) => {
        const result = find(subject.label, names)
        return result === undefined ? [] : [{ ...subject, time: result.p10 }]
      }),
    }))
    .filter(({ bars }) => bars.length > 0)
  const unit = find('openssl', [unitName])
  if (groups.length === 0 || unit === undefined) return undefined

  const all = [unit.p10, ...groups.flatMap(({ bars }) => bars.map(({ time }) => time))]
  const decades = { from: Math.floor(Math.log10(Math.min(...all))), to: Math.ceil(Math.log10(Math.max(...all))) }
  const x = (time: number): number =>
    left + ((Math.log10(time) - decades.from) / (decades.to - decades.from)) * (width - left - right)

  let y = top
  const drawn = groups.map(({ title, bars }) => {
    const middle = y + (bars.length * barHeight) / 2
    const label = svgText(left - 10, middle + 4, title, 'text-anchor="end" font-size="13"')
    const rectangles = bars.map(({ colour, time }) => {
      const bar = svgBar(left, y, x(time) - left, barHeight - 2, colour)
      const value = svgText(
        x(time) + 4,
        y + barHeight - 3,
        timeLabel(time),
        'font-size="10" fill="#444" stroke="#fff" stroke-width="3" paint-order="stroke"',
      )
      y += barHeight
      return bar + value
    })
    y += groupGap
    return [label, ...rectangles].join('\n')
  })
  const bottom = y
  const ticks = Array.from({ length: decades.to - decades.from + 1 }, (_, i) => 10 ** (decades.from + i)).map(
    (time) =>
      svgLine(x(time), top - 6, x(time), bottom, 'stroke="#ddd"') +
      svgText(x(time), bottom + 16, timeLabel(time), 'text-anchor="middle" font-size="11"'),
  )
  const peer =
    svgLine(x(unit.p10), top - 10, x(unit.p10), bottom, 'stroke="#222" stroke-dasharray="4 3"') +
    svgText(
      x(unit.p10),
      top - 14,
      `OpenSSL exponentiates in ${timeLabel(unit.p10)}`,
      'text-anchor="middle" font-size="11"',
    )
  const present = subjects.filter(({ label }) => groups.some(({ bars }) => bars.some((bar) => bar.label === label)))
  const columnWidth = (width - 40) / 3
  const legend = present.map(({ title, colour }, i) => {
    const [column, row] = [i % 3, Math.floor(i / 3)]
    const at = 20 + column * columnWidth
    return svgBar(at, 12 + 18 * row, 12, 12, colour) + svgText(at + 18, 22 + 18 * row, title, 'font-size="12"')
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 44}" font-family="system-ui, sans-serif">`,
    `<title>${set}: time of an operation or of a token's share in it, logarithmic</title>`,
    '<rect width="100%" height="100%" rx="6" fill="#fff"/>',
    ...ticks,
    peer,
    ...legend,
    ...drawn,
    svgText(
      width / 2,
      bottom + 36,
      `${set}: time per operation or token, logarithmic`,
      'text-anchor="middle" font-size="12"',
    ),
    '</svg>',
    '',
  ].join('\n')
}

function timeLabel(us: number): string {
  const [value, unit] = us >= 1e6 ? [us / 1e6, 's'] : us >= 1000 ? [us / 1000, 'ms'] : [us, 'µs']
  return `${Number(value.toPrecision(2))} ${unit}`
}
