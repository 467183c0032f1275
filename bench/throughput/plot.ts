import { svgBar, svgLine, svgText } from '../program/figures.js'
import { itemAt, known } from '../../bindings/octets/lists.js'
import { kinds, type Kind } from './work.js'
import type { ThroughputReport } from './report.js'

const titles: Readonly<Record<Kind, string>> = { issue: 'issue', obtain: 'obtain', prove: 'present', verify: 'verify' }

const [width, left, right, top, barHeight, groupGap] = [760, 90, 90, 60, 16, 16]
const shades = ['#9ccfb8', '#3aa17e', '#0b6e4f', '#084c37']

/** Tokens per second as bars on a logarithmic axis, as an SVG document. */
export function renderThroughputPlot(report: ThroughputReport): string {
  const counts = Object.keys(report.issue)
  const bars = (kind: Kind): { label: string; colour: string; rate: number }[] => [
    { label: '1 thread', colour: '#bbb', rate: report.singleThread[kind] },
    ...counts.map((count, i) => {
      const label = `${count} worker${count === '1' ? '' : 's'}`
      return { label, colour: itemAt(shades, i % shades.length), rate: known(report[kind][count]) }
    }),
    { label: '2 processes', colour: '#777', rate: report.twoProcesses[kind] },
  ]
  const rates = kinds.flatMap((kind) => bars(kind).map(({ rate }) => rate))
  const [from, to] = [Math.floor(Math.log10(Math.min(...rates))), Math.ceil(Math.log10(Math.max(...rates)))]
  const x = (rate: number): number => left + ((Math.log10(rate) - from) / (to - from)) * (width - left - right)
  let y = top
  const groups = kinds.map((kind) => {
    const own = bars(kind)
    const title = svgText(
      left - 10,
      y + (own.length * barHeight) / 2 + 4,
      titles[kind],
      'text-anchor="end" font-size="13"',
    )
    const drawn = own.map(({ colour, label, rate }) => {
      const at = y
      y += barHeight
      const bar = svgBar(left, at, x(rate) - left, barHeight - 3, colour)
      return (
        bar +
        svgText(
          x(rate) + 4,
          at + barHeight - 5,
          `${Math.round(rate).toLocaleString('en-GB')}, ${label}`,
          'font-size="10" fill="#444"',
        )
      )
    })
    y += groupGap
    return [title, ...drawn].join('\n')
  })
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i)).map(
    (rate) =>
      svgLine(x(rate), top - 6, x(rate), y, 'stroke="#ddd"') +
      svgText(x(rate), y + 14, rate.toLocaleString('en-GB'), 'text-anchor="middle" font-size="11"'),
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 40}" font-family="system-ui, sans-serif">`,
    '<title>Tokens per second, logarithmic</title>',
    '<rect width="100%" height="100%" rx="6" fill="#fff"/>',
    svgText(left, 28, 'Tokens per second, L2048N256, five attributes', 'font-size="14"'),
    ...ticks,
    ...groups,
    '</svg>',
    '',
  ].join('\n')
}
