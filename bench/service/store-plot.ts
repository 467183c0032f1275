import { svgBar, svgLine, svgText } from '../program/figures.js'

const [width, left, right, top, barHeight] = [760, 190, 60, 60, 22]

/** An operation, and how many times longer it takes in the full store than in the empty one. */
export interface PlottedOperation {
  readonly operation: string
  readonly ratio: number
}

/** The ratios as bars, with the limit of 2, as an SVG document. */
export function renderStorePlot(operations: readonly PlottedOperation[]): string {
  const most = Math.max(2.2, ...operations.map(({ ratio }) => ratio))
  const x = (ratio: number): number => left + (ratio / most) * (width - left - right)
  const bottom = top + operations.length * barHeight
  const mark = (ratio: number, text: string, colour: string): string =>
    svgLine(x(ratio), top - 8, x(ratio), bottom, `stroke="${colour}"`) +
    svgText(x(ratio), top - 14, text, `text-anchor="middle" font-size="11" fill="${colour}"`)
  const bars = operations.map(({ operation, ratio }, i) => {
    const y = top + i * barHeight
    return (
      svgText(left - 10, y + barHeight - 8, operation, 'text-anchor="end" font-size="12"') +
      svgBar(left, y, x(ratio) - left, barHeight - 5, ratio <= 2 ? '#3aa17e' : '#b3261e') +
      svgText(x(ratio) + 5, y + barHeight - 8, ratio.toFixed(2), 'font-size="11" fill="#444"')
    )
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 20}" font-family="system-ui, sans-serif">`,
    '<title>Operations in a full store, in multiples of an empty one</title>',
    '<rect width="100%" height="100%" rx="6" fill="#fff"/>',
    svgText(left, 24, 'In a full store, in multiples of an empty one', 'font-size="14"'),
    mark(1, '1', '#777'),
    mark(2, 'limit', '#b3261e'),
    ...bars,
    '</svg>',
    '',
  ].join('\n')
}
