// The notes of all parties side by side, and what they could match; and the same story with an ordinary signed token.
import { details, h } from '../shared/dom.js'
import { type Fact, inWords, kinds, nameOf, valuesOf } from '../shared/facts.js'
import { claimName, listOf, texts } from '../shared/language.js'
import type { Place } from '../shared/places.js'

interface ComparedFact extends Fact {
  /** The other entries that have the same. */
  readonly alsoAt: readonly number[]
}
interface Entry {
  readonly party: Place
  readonly facts: readonly ComparedFact[]
  /** The other entries that must be about the same person. */
  readonly sameAs: readonly number[]
}
export interface Records {
  readonly steps: readonly string[]
  readonly isDown: boolean
  readonly uprove: readonly Entry[]
  readonly ordinary: readonly Entry[]
}

const nameClaims = ['given-name', 'surname', 'birth-date'].map((name) => `urn:example:${name}`)
const isOffice = ({ party }: Entry): boolean => party === 'claims'

export function notesView({ uprove, ordinary }: Records): HTMLElement {
  const { story } = texts()
  return h(
    'div',
    { class: 'compare' },
    panel('uprove', story.uprove, story.real, uprove),
    ordinary.some(isOffice) && panel('ordinary', story.ordinary, story.supposed(listOf(peopleOf(ordinary))), ordinary),
  )
}

const peopleOf = (entries: readonly Entry[]): string[] =>
  entries.filter(isOffice).map(({ facts }) => {
    const names = nameClaims.slice(0, 2).flatMap((kind) => valuesOf(facts, kind))
    return names.map(({ value }) => value).join(' ')
  })

/** What the notes give away: whether a visit is tied to somebody at the office, and what else can be said of the visits. */
function judge(entries: readonly Entry[]): { level: string; verdict: string; why: string } {
  const { verdicts } = texts().story
  const visits = entries.filter((entry) => !isOffice(entry))
  const tied = entries.filter((entry) => isOffice(entry) && entry.sameAs.length > 0)
  if (tied.length > 0) return { level: 'bad', verdict: verdicts.tied(listOf(peopleOf(tied))), why: verdicts.tiedWhy }
  const [one, other] = visits
  const names = nameClaims.filter((kind) => visits.some(({ facts }) => valuesOf(facts, kind).length > 0))
  const differ = kinds.some((kind) => {
    const [[first], [second]] = [valuesOf(one?.facts ?? [], kind), valuesOf(other?.facts ?? [], kind)]
    return kind.startsWith('urn:') && first !== undefined && second !== undefined && first.value !== second.value
  })
  const verdict =
    one !== undefined && one.sameAs.length > 0
      ? verdicts.member(texts().places[one.party].name)
      : differ
        ? verdicts.differ
        : other === undefined
          ? verdicts.once
          : verdicts.whether
  const isNamed = names.length > 0
  const why = isNamed ? verdicts.named(listOf(names.map(claimName))) : verdicts.unnamed
  return { level: isNamed ? 'careful' : 'good', verdict, why: `${why} ${verdicts.besides}` }
}

function panel(name: string, title: string, source: string, entries: readonly Entry[]): HTMLElement {
  const { columns, rows } = texts().story
  const { level, verdict, why } = judge(entries)
  const found = kinds.filter((kind) => entries.some(({ facts }) => valuesOf(facts, kind).length > 0))
  const head = [columns.kind, ...columnsOf(entries), columns.match].map((column) => h('th', { scope: 'col' }, column))
  const body = found.map((kind) => rowOf(kind, entries, level === 'bad'))
  return h(
    'article',
    { class: 'panel' },
    h('h3', {}, title),
    h('p', { class: 'hint' }, source),
    h('p', { class: `verdict ${level}` }, h('strong', {}, verdict), ` ${why}`),
    details(name, rows, h('table', {}, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...body))),
  )
}

const columnsOf = (entries: readonly Entry[]): string[] =>
  entries.map((entry, i) => {
    const { name } = texts().places[entry.party]
    return isOffice(entry) ? name : texts().story.columns.visit(i + 1 - entries.filter(isOffice).length, name)
  })

function rowOf(kind: string, entries: readonly Entry[], isTied: boolean): HTMLElement {
  const { nothing, same, levels } = texts().story
  const columns = columnsOf(entries)
  const [level, text] = matchOf(kind, entries, isTied)
  const cells = entries.map(({ facts }, i) => {
    const found = valuesOf(facts, kind).sort((one, other) => other.alsoAt.length - one.alsoAt.length)
    // The label is for narrow screens, which have no columns.
    const properties = { 'data-label': columns[i] ?? '', class: found.length === 0 ? 'unknown' : '' }
    if (found.length === 0) return h('td', properties, h('span', { class: 'hint' }, nothing))
    const isSame = (found[0]?.alsoAt.length ?? 0) > 0
    return h(
      'td',
      properties,
      h('span', {}, ...inWords(kind, found), ' ', isSame && h('span', { class: 'tag same' }, same)),
    )
  })
  const judged = h('td', { class: 'match' }, h('span', { class: `tag ${level}` }, levels[level]), ' ', text)
  return h('tr', {}, h('th', { scope: 'row' }, nameOf(kind)), ...cells, judged)
}

/** How much a fact gives away, and why. */
function matchOf(kind: string, entries: readonly Entry[], isTied: boolean): ['good' | 'careful' | 'bad', string] {
  const { match } = texts().story
  const isShared = entries.some(({ facts }) => valuesOf(facts, kind).some(({ alsoAt }) => alsoAt.length > 0))
  const isShown = entries.some((entry) => !isOffice(entry) && valuesOf(entry.facts, kind).length > 0)
  if (kind === 'hour' || kind === 'address') return ['careful', match[kind]]
  if (kind === 'issuer' || kind === 'expiry') return ['good', match[kind]]
  if (isTied) return ['bad', kind === 'token' ? match.tokenTied : match.tied]
  if (kind === 'token' || kind === 'identifier') return ['good', isShared ? match.member : match[kind]]
  if (!isShown) return ['good', kind === 'account' ? match.account : match.claimAlone]
  return nameClaims.includes(kind) ? ['careful', match.name] : ['good', match.claim]
}
