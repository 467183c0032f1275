// The parts of reports: tables in Markdown, and the shapes of plots.

/** A Markdown table whose columns also line up in a terminal. The first column is text, the others are numbers. Empty without rows. */
export function table(
  title: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
  note = '',
): string {
  if (rows.length === 0) return ''
  const widths = header.map((_, i) => Math.max(3, ...[header, ...rows].map((row) => (row[i] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, i) => pad(cells[i] ?? '', width, i)).join(' | ')} |`
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [`### ${title}`, '', ...(note === '' ? [] : [note, '']), line(header), rule, ...rows.map(line)].join('\n')
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}

/** Microseconds with three significant digits. */
export function microseconds(value: number): string {
  if (!Number.isFinite(value)) return '-'
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}

/** Text in a plot. */
export function svgText(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${content}</text>`
}

/** A line in a plot. */
export function svgLine(x1: number, y1: number, x2: number, y2: number, attributes: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" ${attributes}/>`
}

/** A bar in a plot. */
export function svgBar(x: number, y: number, width: number, height: number, colour: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${height}" fill="${colour}"/>`
}

function round(value: number): string {
  return value.toFixed(1)
}
