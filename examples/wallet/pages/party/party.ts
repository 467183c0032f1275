// A Relying Party's page, for the shop and for the forum: what it offers, what it asks and why, and what it then knows.
import { decodeText, encodeText } from '../shared/base64.js'
import { actions, call, complain, facts, h, page, say, section, working } from '../shared/dom.js'
import { type Fact, inWords, kinds, nameOf, valuesOf } from '../shared/facts.js'
import { claimName, language, texts, valueOf } from '../shared/language.js'
import { addressOf, here, takeFragment } from '../shared/places.js'
import { tamperings, type Tampered, type Tampering } from './tampering.js'

type Text = Record<string, string>
interface Policy {
  readonly claims: readonly { readonly type: string; readonly required: boolean; readonly why: Text }[]
  readonly recognise?: { readonly required: boolean; readonly why: Text }
  readonly kept: Text
}
interface Verdict {
  readonly accepted: boolean
  readonly code?: string
  /** What the server has written down of the visit. */
  readonly facts?: readonly Fact[]
  readonly visits?: number
  readonly hasDevice?: boolean
}

const kind = here === 'forum' ? 'forum' : 'shop'

let policy: Policy | undefined
/** What the wallet made, and what the server said of it. */
let presentation: string | undefined
let verdict: Verdict | undefined
/** What the server said of copies that were tampered with. */
let answers: readonly { readonly what: Tampering; readonly tampered: Tampered; readonly verdict: Verdict }[] = []

const { redraw } = page(() => (verdict?.accepted === true ? welcome(verdict) : entrance()))

/** A text of the server in the language of the page. */
function own(text: Text): string {
  return text[language()] ?? ''
}

function unreachable(): string {
  return texts().party.unreachable
}

function answerOf({ accepted, code = '' }: Verdict): string {
  const { party } = texts()
  return accepted ? party.accepted : (party.outcomes[code] ?? party.otherwise(code))
}

function entrance(): Node[] {
  const { party, wallet } = texts()
  const ask = working(async () => {
    const request = await call('/request', {})
    location.href = addressOf('wallet', { request: encodeText(JSON.stringify(request)) })
  }, unreachable)
  const rows = policy?.claims.map(({ type, required, why }) => row(claimName(type), required, own(why))) ?? []
  const recognise = policy?.recognise && row(party.recognise, policy.recognise.required, own(policy.recognise.why))
  const { heading, offer, need, ask: askText } = party[kind]
  return [
    h('h1', {}, heading),
    h(
      'section',
      { class: 'card offer' },
      h('p', { class: 'goods' }, offer),
      h('p', {}, need),
      h('button', { class: 'primary', click: ask }, askText),
    ),
    section(
      'policy',
      party.policy,
      '',
      h('ul', { class: 'policy' }, ...rows, ...(recognise ? [recognise] : [])),
      policy && h('p', { class: 'hint' }, party.keep(own(policy.kept))),
    ),
  ]

  function row(name: string, required: boolean, why: string): HTMLElement {
    const tag = h('span', { class: 'tag' }, required ? wallet.required : wallet.optional)
    return h('li', {}, h('strong', {}, name), ' ', tag, h('br'), why)
  }
}

/** Whether the shop may sell: that a proof is genuine does not mean that it says what one would like. */
const isTooYoung = ({ facts = [] }: Verdict): boolean =>
  valuesOf(facts, 'urn:example:over-18').some(({ value }) => value !== 'yes')

function welcome(verdict: Verdict): Node[] {
  const { party, places, wallet } = texts()
  const { facts: written = [], visits, hasDevice } = verdict
  const known = kinds.flatMap((kind) => {
    const values = valuesOf(written, kind)
    if (values.length === 0) return []
    const counted = kind === 'identifier' && visits !== undefined && ` · ${party.visits(visits)}`
    return [[nameOf(kind), h('span', {}, ...inWords(kind, values), counted)] as const]
  })
  if (hasDevice === true) known.push([wallet.device, h('span', {}, party.approved)])
  const next = kind === 'shop' ? 'forum' : 'shop'
  const compare = h('a', { class: 'button', href: `${addressOf('story')}#notes` }, party.compare)
  const other = h('a', { class: 'button', href: addressOf(next) }, wallet.visit(places[next].name))
  // The shop comes first in the story, and the comparison last.
  const ways = kind === 'shop' ? [other, compare] : [compare, other]
  ways[0]?.classList.add('primary')
  const refused = isTooYoung(verdict)
  return [
    h('h1', {}, refused ? party[kind].refused : (visits ?? 1) > 1 ? party[kind].again : party[kind].welcome),
    ...(refused ? [h('p', { class: 'notice' }, party[kind].tooYoung)] : []),
    section(
      'know',
      party.know,
      'card',
      facts(known),
      h('p', { class: 'hint' }, visits === undefined ? party.stranger : party.member),
      actions(...ways, h('button', { click: forget }, party.again)),
    ),
    cheating(),
  ]
}

function forget(): void {
  verdict = presentation = undefined
  answers = []
  redraw(true)
  say('')
}

function cheating(): HTMLElement {
  const { party } = texts()
  const names: Record<Tampering, string> = { resend: party.resend, change: party.change, flip: party.flip }
  const send = (what: Tampering) =>
    working(async () => {
      const tampered = tamperings[what](presentation ?? '')
      if (tampered === undefined) return
      const answer = await call<Verdict>('/present', { presentation: tampered.xml })
      answers = [{ what, tampered, verdict: answer }, ...answers]
      list.replaceChildren(...items())
      document.getElementById('answers')?.removeAttribute('hidden')
    }, unreachable)
  /** Which fact was changed into what: that of the first claim that was shown. */
  const detailOf = ({ from, to }: Tampered): string => {
    const { kind: type = '' } = verdict?.facts?.find(({ value }) => value === from) ?? {}
    return from && to ? ` (${claimName(type)}: ${valueOf(type, from)} → ${valueOf(type, to)})` : ''
  }
  const items = (): HTMLElement[] =>
    answers.map(({ what, tampered, verdict: answer }) =>
      h(
        'li',
        { class: answer.accepted ? 'accepted' : 'refused' },
        h('span', { class: 'hint' }, names[what] + detailOf(tampered)),
        h('br'),
        answerOf(answer),
      ),
    )
  const possible = (Object.keys(names) as Tampering[]).filter(
    (what) => tamperings[what](presentation ?? '') !== undefined,
  )
  const list = h('ol', { class: 'answers', reversed: true }, ...items())
  return section(
    'cheat',
    party.cheat,
    'card',
    h('p', {}, party.cheatText),
    actions(...possible.map((what) => h('button', { click: send(what) }, names[what]))),
    h('h3', { id: 'answers', hidden: answers.length === 0 }, party.answers),
    h('div', { role: 'log', 'aria-labelledby': 'answers' }, list),
  )
}

async function start(): Promise<void> {
  const fragment = takeFragment()
  const answer = fragment.get('answer')
  policy = await call<Policy>('/policy')
  if (answer !== null) {
    say(texts().party.checking)
    presentation = decodeText(answer)
    verdict = await call<Verdict>('/present', { presentation })
    say(verdict.accepted && !isTooYoung(verdict) ? texts().party.accepted : '')
  }
  redraw(answer !== null)
  if (verdict?.accepted === false) complain(answerOf(verdict))
  if (fragment.has('declined')) say(texts().party.declined)
}

start().catch(() => complain(unreachable()))
