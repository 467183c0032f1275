// The page that tells the story: who is who, what to try, and what all of them hold afterwards.
import { actions, call, h, icon, page, say, section, working } from '../shared/dom.js'
import { texts } from '../shared/language.js'
import { addressOf, type Place } from '../shared/places.js'
import { notesView, type Records } from './notes.js'

let records: Records | undefined

const { redraw } = page(() => {
  const { story } = texts()
  return [
    h(
      'div',
      { class: 'hero' },
      h('h1', {}, story.title),
      ...story.lead.map((text) => h('p', { class: 'lead' }, text)),
      h('p', { class: 'promise' }, story.promise),
      actions(h('button', { class: 'primary', click: playExample() }, story.showMe)),
    ),
    section('cast', story.cast, '', h('ul', { class: 'cast' }, ...cast())),
    section('try', story.try, '', steps()),
    section('notes', story.notes, '', h('p', {}, story.notesLead), ...notes()),
    section('blind', story.blind, 'text', ...story.blindText.map((text) => h('p', {}, text))),
    section('lend', story.lend, 'text', ...story.lendText.map((text) => h('p', {}, text))),
    section('test', story.test, '', h('p', {}, story.testLead), officeButton()),
    section('speed', story.speed, '', h('p', {}, story.speedLead), ...speed()),
    section('honest', story.honest, '', h('ul', {}, ...story.honestPoints.map((point) => h('li', {}, point)))),
  ]
})

function failed(): string {
  return texts().party.unreachable
}

function cast(): HTMLElement[] {
  const { story, places } = texts()
  const parts: [Place, string][] = [
    ['claims', story.office],
    ['wallet', story.wallet],
    ['shop', story.shop],
    ['forum', story.forum],
  ]
  return parts.map(([place, text]) =>
    h(
      'li',
      { class: 'card', 'data-place': place },
      icon(place),
      h('h3', {}, places[place].name),
      h('p', { class: 'hint' }, places[place].role),
      h('p', {}, text),
      h('a', { href: addressOf(place) }, story.open(places[place].name)),
    ),
  )
}

function steps(): HTMLElement {
  const { story, frame } = texts()
  const targets: Record<string, string> = {
    obtain: addressOf('wallet'),
    shop: addressOf('shop'),
    forum: addressOf('forum'),
    look: '#notes',
  }
  return h(
    'ol',
    { class: 'steps' },
    ...Object.entries(story.steps).map(([name, [title, text]]) => {
      const isDone = records?.steps.includes(name) === true
      const link = h('a', { href: targets[name] ?? '' }, title)
      return h('li', { class: isDone ? 'done' : '' }, link, isDone && ` (${frame.done})`, h('br'), text)
    }),
  )
}

async function load(): Promise<void> {
  records = await call<Records>('/records')
  redraw()
}

/** Lets an example person make two visits, and shows the notes. */
function playExample(): (event: Event) => Promise<void> {
  return working(async () => {
    await call('/example', {})
    await load()
    say(texts().story.exampleDone)
    document.getElementById('notes')?.scrollIntoView()
  }, failed)
}

function notes(): Node[] {
  const { story } = texts()
  const clear = working(async () => {
    await call('/clear', {})
    await load()
    say(story.cleared)
  }, failed)
  const visits = records?.uprove.filter(({ party }) => party !== 'claims').length
  return [
    ...(visits === 2 ? [] : [h('p', { class: 'notice' }, visits === 1 ? story.oneVisit : story.empty)]),
    ...(records && visits ? [notesView(records)] : []),
    actions(h('button', { click: playExample() }, story.example), h('button', { click: clear }, story.clear)),
  ]
}

function officeButton(): HTMLElement {
  const { story, wallet, places } = texts()
  const isDown = records?.isDown === true
  const set = working(async () => {
    await call('/claim-provider', { down: !isDown })
    records = await call<Records>('/records')
    redraw()
    say(isDown ? story.isUp : story.isDown)
    document.getElementById('office')?.focus({ preventScroll: true })
  }, failed)
  return actions(
    h('button', { id: 'office', click: set }, isDown ? story.up : story.down),
    isDown && h('a', { class: 'button', href: addressOf('shop') }, wallet.visit(places.shop.name)),
  )
}

/** The chart and what it measures are loaded when somebody asks for them. */
function speed(): Node[] {
  const { story } = texts()
  const figure = h('figure', { class: 'chart' })
  const measure = working(async () => {
    say(story.measuring)
    const { measureInto } = await import('./speed.js')
    await measureInto(figure)
    say(story.measured)
  })
  return [actions(h('button', { click: measure }, story.measure)), figure]
}

const wanted = location.hash
call<Records>('/records').then(
  (found) => {
    records = found
    redraw()
    if (wanted === '#notes') document.getElementById('notes')?.scrollIntoView()
  },
  () => say(failed()),
)
