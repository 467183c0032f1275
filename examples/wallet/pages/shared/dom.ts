// What all pages are made of: elements, the frame around a page, and a place where it says what has happened.
import { choose, language, languages, texts, type Language } from './language.js'
import { addressOf, here, type Place } from './places.js'

type Child = Node | string | undefined | false
type Properties = Record<string, string | boolean | ((event: Event) => unknown) | undefined>

/** An element. Properties are attributes; functions listen to the event of their name. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(key, value)
    else if (value === true) element.setAttribute(key, '')
    else if (typeof value === 'string') element.setAttribute(key, value)
  }
  element.append(...children.filter((child) => child !== undefined && child !== false))
  return element
}

/** A part of a page, which its heading names. */
export const section = (id: string, title: string, className: string, ...children: Child[]): HTMLElement =>
  h('section', { 'aria-labelledby': id, class: className }, h('h2', { id }, title), ...children)

/** Buttons and links, side by side. */
export const actions = (...children: Child[]): HTMLElement => h('p', { class: 'actions' }, ...children)

const symbols: Record<Place, string> = {
  story: 'M4 5h16v12H9l-5 4z',
  claims: 'M3 10l9-6 9 6v2H3zM5 13h2v6H5zm6 0h2v6h-2zm6 0h2v6h-2zM3 20h18v2H3z',
  wallet:
    'M4 7h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V7a3 3 0 0 1 3-3h11v2H5a1 1 0 0 0 0 1zm13 5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z',
  shop: 'M10 2h4v5c3 2 3 4 3 6v8a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1v-8c0-2 0-4 3-6z',
  forum: 'M12 2l6 8h-3l5 7h-7v5h-2v-5H4l5-7H6z',
}

export function icon(place: Place): SVGElement {
  const namespace = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(namespace, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  svg.setAttribute('class', 'icon')
  const path = document.createElementNS(namespace, 'path')
  path.setAttribute('d', symbols[place])
  svg.append(path)
  return svg
}

const status = h('p', { role: 'status', class: 'status' })
const alert = h('p', { role: 'alert', class: 'alert' })
const close = h('button', { class: 'close', click: () => say('') }, '×')
const main = h('main', { id: 'main', tabindex: '-1' })

/** How long a message stays. What went wrong stays until somebody closes it, or does something else. */
const patience = 12_000
let timer: ReturnType<typeof setTimeout> | undefined

/** Says what has happened, also to those who do not see the page. */
export function say(text: string): void {
  clearTimeout(timer)
  alert.textContent = ''
  status.textContent = text
  if (text !== '') timer = setTimeout(() => (status.textContent = ''), patience)
}

/** Says what went wrong and what to do. */
export function complain(text: string): void {
  say('')
  alert.textContent = text
  if (text !== '') alert.scrollIntoView({ block: 'nearest' })
}

/** Draws the page: its frame in the language chosen, and what `draw` gives; again whenever the language changes. */
export function page(
  draw: () => Child[],
  who: () => { name: string; role: string } = () => texts().places[here],
): { redraw: (focus?: boolean) => void } {
  document.body.dataset['place'] = here
  const header = h('header', { class: 'top' })
  const redraw = (focus = false): void => {
    const { frame, story } = texts()
    const { name, role } = who()
    document.documentElement.lang = language()
    close.setAttribute('aria-label', frame.close)
    document.title = here === 'story' ? story.title : `${name} – ${role}`
    header.replaceChildren(
      h('a', { href: '#main', class: 'skip' }, frame.skip),
      icon(here),
      h('p', { class: 'who' }, h('strong', {}, name), h('span', {}, role)),
      h(
        'nav',
        { 'aria-label': frame.navigation },
        here !== 'story' && h('a', { href: addressOf('story') }, frame.back),
        h('div', { role: 'group', 'aria-label': frame.language }, ...languageButtons(() => redraw())),
      ),
    )
    if (focus) unfolded.clear()
    main.replaceChildren(...draw().filter((child) => child !== undefined && child !== false))
    if (focus) {
      window.scrollTo(0, 0)
      const heading = main.querySelector('h1')
      heading?.setAttribute('tabindex', '-1')
      heading?.focus({ preventScroll: true })
    }
  }
  document.body.replaceChildren(header, h('div', { class: 'said' }, status, alert, close), main)
  redraw()
  return { redraw }
}

function languageButtons(changed: () => void): HTMLElement[] {
  return Object.entries(languages).map(([name, label]) =>
    h(
      'button',
      {
        class: 'language',
        lang: name,
        'aria-pressed': String(name === language()),
        click: () => {
          choose(name as Language)
          say('')
          changed()
          document.querySelector<HTMLElement>(`button[lang=${name}]`)?.focus()
        },
      },
      h('span', { class: 'long' }, label),
      h('span', { class: 'short', 'aria-hidden': 'true' }, name.toUpperCase()),
    ),
  )
}

/** What the person has unfolded stays so when the view is drawn again, until another one comes. */
const unfolded = new Set<string>()

/** Something that a person can unfold, with a name that is the same in all languages. */
export function details(name: string, summary: string, ...children: Child[]): HTMLElement {
  const element = h('details', { open: unfolded.has(name) }, h('summary', {}, summary), ...children)
  element.addEventListener('toggle', () => {
    if (element.open) unfolded.add(name)
    else unfolded.delete(name)
  })
  return element
}

/** Runs some work for a button or a form, which cannot be used again meanwhile; what goes wrong is said. */
export function working(
  work: (event: Event) => unknown,
  explain: (error: unknown) => string = (error) => String(error),
): (event: Event) => Promise<void> {
  return async (event) => {
    event.preventDefault()
    const target = event.currentTarget as HTMLElement
    const button =
      target instanceof HTMLFormElement ? target.querySelector<HTMLElement>('button:not([type=button])') : target
    if (button?.getAttribute('aria-disabled') === 'true') return
    button?.setAttribute('aria-disabled', 'true')
    say('')
    try {
      await work(event)
    } catch (error) {
      complain(explain(error))
    } finally {
      button?.removeAttribute('aria-disabled')
    }
  }
}

/** The fields of a form that is being submitted, by name. */
export function fieldsOf(event: Event): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const [name, value] of new FormData(event.currentTarget as HTMLFormElement)) fields[name] = String(value)
  return fields
}

/** A labelled field, with a hint below. */
export function field(label: string, attributes: Record<string, string>, hint?: string): HTMLElement {
  const id = `field-${attributes['name'] ?? ''}`
  const described = hint === undefined ? {} : { 'aria-describedby': `${id}-hint` }
  return h(
    'div',
    { class: 'field' },
    h('label', { for: id }, label),
    h('input', { id, required: true, ...described, ...attributes }),
    hint !== undefined && h('p', { class: 'hint', id: `${id}-hint` }, hint),
  )
}

/** Names and values. */
export function facts(pairs: readonly (readonly [string, Node | string])[]): HTMLElement {
  return h(
    'dl',
    { class: 'facts' },
    ...pairs.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  )
}

export class CallFailed extends Error {
  constructor(readonly status: number) {
    super(`status ${status}`)
  }
}

/** Posts to the page's own site, or gets from it. Throws `CallFailed`, with status 0 if the site cannot be reached. */
export async function call<T = unknown>(path: string, body?: unknown): Promise<T> {
  const method = body === undefined ? 'GET' : 'POST'
  const response = await fetch(path, { method, body: body === undefined ? undefined : JSON.stringify(body) }).catch(
    () => {
      throw new CallFailed(0)
    },
  )
  if (!response.ok) throw new CallFailed(response.status)
  return (await response.json()) as T
}
