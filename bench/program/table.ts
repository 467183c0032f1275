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
