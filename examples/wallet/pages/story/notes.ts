// The notes of all parties side by side, and what they could match; and the same story with an ordinary signed token.
import { details, h } from '../shared/dom.js'
import { claimName, dateOf, texts, valueOf } from '../shared/language.js'
import type { Place } from '../shared/places.js'

interface Fact {
  readonly kind: string
  readonly value: string
  /** The other entries that have the same. */
  readonly alsoAt: readonly number[]
}
interface Entry {
  readonly party: Place
  readonly facts: readonly Fact[]
}
interface Comparison {
  readonly entries: readonly Entry[]
  readonly linked: boolean
}
export interface Records {
  readonly visits: number
  readonly isDown: boolean
  readonly uprove: Comparison
  readonly ordinary?: Comparison
}

const order = [
  'account',
  'token',
  'identifier',
  'urn:example:given-name',
  'urn:example:surname',
  'urn:example:birth-date',
].concat(['urn:example:over-18', 'urn:example:country', 'issuer', 'expiry', 'hour', 'address'])

export function notesView({ uprove, ordinary }: Records): HTMLElement {
  const { story } = texts()
  return h(
    'div',
    { class: 'compare' },
    panel('uprove', story.uprove, uprove, story.unlinkedWhy),
    ordinary && panel('ordinary', story.ordinary, ordinary, story.linkedWhy),
  )
}

function panel(name: string, title: string, comparison: Comparison, why: string): HTMLElement {
  const { story } = texts()
  const { entries, linked } = comparison
  const known = ['urn:example:given-name', 'urn:example:surname'].map(
    (kind) => valuesOf(entries[0], kind)[0]?.value ?? '',
  )
  const verdict = linked ? story.linked(known.join(' ')) : story.unlinked
  const kinds = order.filter((kind) => entries.some((entry) => valuesOf(entry, kind).length > 0))
  const names = entries.map(({ party }, i) => {
    const { name } = texts().places[party]
    return i === 0 ? name : story.columns.visit(i, name)
  })
  return h(
    'article',
    { class: linked ? 'panel linked' : 'panel unlinked' },
    h('h3', {}, title),
    h('p', { class: 'verdict' }, h('strong', {}, verdict), ` ${why}`),
    details(
      name,
      story.rows,
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ...[story.columns.kind, ...names, story.columns.match].map((column) => h('th', { scope: 'col' }, column)),
          ),
        ),
        h('tbody', {}, ...kinds.map((kind) => rowOf(kind, comparison))),
      ),
    ),
  )
}

const valuesOf = (entry: Entry | undefined, kind: string): readonly Fact[] =>
  entry?.facts.filter((fact) => fact.kind === kind) ?? []

function rowOf(kind: string, { entries, linked }: Comparison): HTMLElement {
  const isShared = entries.some((entry) => valuesOf(entry, kind).some(({ alsoAt }) => alsoAt.length > 0))
  return h(
    'tr',
    { class: isShared ? 'shared' : '' },
    h('th', { scope: 'row' }, nameOf(kind)),
    ...entries.map((entry, i) => {
      const found = valuesOf(entry, kind)
      const { name } = texts().places[entry.party]
      // The label is for narrow screens, which have no columns.
      const properties = { 'data-label': i === 0 ? name : `${i}. ${name}`, class: found.length === 0 ? 'unknown' : '' }
      return h('td', properties, h('span', {}, ...cell(kind, found)))
    }),
    h('td', { class: 'match' }, matchOf(kind, isShared, linked)),
  )
}

function cell(kind: string, found: readonly Fact[]): (Node | string)[] {
  const { story } = texts()
  const [first] = [...found].sort((one, other) => other.alsoAt.length - one.alsoAt.length)
  if (first === undefined) return [h('span', { class: 'hint' }, story.nothing)]
  const parts: (Node | string)[] = [format(kind, first.value)]
  if (found.length > 1 && kind === 'token') parts.push(h('span', { class: 'hint' }, ` ${story.more(found.length - 1)}`))
  if (first.alsoAt.length > 0) parts.push(' ', h('span', { class: 'tag same' }, story.same))
  return parts
}

function nameOf(kind: string): string {
  return kind.startsWith('urn:') ? claimName(kind) : (texts().story.kinds[kind] ?? kind)
}

function matchOf(kind: string, isShared: boolean, linked: boolean): string {
  const { match } = texts().story
  if (linked && !isShared) return match['tied'] ?? ''
  if (kind.startsWith('urn:')) return (isShared ? match['claim'] : match['claimAlone']) ?? ''
  return match[kind === 'token' && isShared ? 'tokenLinked' : kind] ?? ''
}

function format(kind: string, value: string): Node | string {
  if (kind === 'token' || kind === 'identifier') return h('code', {}, `${value.slice(0, 8)}…`)
  if (kind === 'expiry') return dateOf(value)
  if (kind === 'issuer') return texts().places.claims.name
  if (kind === 'hour') return `${value.slice(11)}:00 UTC`
  return kind.startsWith('urn:') ? valueOf(kind, value) : value
}
