// Somebody asks: what, why, and what will go out. The person decides claim by claim.
import { encodeText } from '../shared/base64.js'
import { facts, h, working } from '../shared/dom.js'
import { claimName, language, texts, valueOf } from '../shared/language.js'
import { withFragment } from '../shared/places.js'
import type { Request, View } from './wallet-worker.js'

interface Asked {
  readonly request: Request
  readonly view: View
  readonly present: (disclose: readonly string[], recognise: boolean) => Promise<void>
  readonly decline: () => void
  readonly explain: (error: unknown) => string
}

/** A text of the Relying Party in the language of the page, or in another one. */
const inLanguage = (text: Record<string, string>): string => text[language()] ?? Object.values(text)[0] ?? ''

export function requestView({ request, view, present, decline, explain }: Asked): (Node | undefined)[] {
  const { wallet } = texts()
  const { name, party, recognise } = request
  const valueIn = (type: string): string | undefined =>
    view.claims.find((claim) => claim.type === type)?.value ?? undefined

  const choices = request.claims.map(({ type, required, why }) => {
    const value = valueIn(type)
    return choice(
      `claim-${type}`,
      required,
      claimName(type),
      value === undefined ? wallet.lacks(claimName(type)) : valueOf(type, value),
      inLanguage(why),
      {
        value: type,
        disabled: value === undefined,
      },
    )
  })
  const recognition =
    recognise &&
    choice('recognise', recognise.required, wallet.recognise, wallet.recogniseText(name), inLanguage(recognise.why), {
      disabled: view.tokens.ID === 0 && !hasVisited(view, party),
    })

  const show = h('button', { class: 'primary' })
  const missing = h('p', { class: 'hint', id: 'missing', role: 'status' })
  const form = h(
    'form',
    {
      submit: working(async () => {
        if (show.getAttribute('data-incomplete') === 'true') return
        await present(chosen(), isRecognised())
      }, explain),
      change: () => update(),
    },
    h('ul', { class: 'choices' }, ...choices, ...(recognition ? [recognition] : [])),
    missing,
    h('p', { class: 'actions' }, show, h('button', { type: 'button', click: decline }, wallet.decline)),
  )
  const boxes = Array.from(form.querySelectorAll<HTMLInputElement>('input[type=checkbox]'))
  const chosen = (): string[] => boxes.filter((box) => box.checked && box.value !== 'recognise').map((box) => box.value)
  const isRecognised = (): boolean => boxes.some((box) => box.checked && box.value === 'recognise')
  const update = (): void => {
    const isComplete = boxes.every((box) => box.checked || box.dataset['required'] !== 'true')
    const count = chosen().length + (isRecognised() ? 1 : 0)
    show.textContent = wallet.show(count)
    show.setAttribute('data-incomplete', String(!isComplete))
    if (isComplete) show.removeAttribute('aria-disabled')
    else show.setAttribute('aria-disabled', 'true')
    missing.textContent = isComplete ? '' : wallet.missing
  }
  update()

  const isTurnedDown =
    request.claims.some(({ type }) => type === 'urn:example:over-18') && valueIn('urn:example:over-18') === 'no'
  return [
    h('h1', {}, wallet.asks(name)),
    h('p', {}, wallet.purpose(name, inLanguage(request.purpose))),
    isTurnedDown ? h('p', { class: 'notice' }, wallet.notAdult) : undefined,
    h('section', { class: 'card' }, form),
    h('p', { class: 'hint' }, `${wallet.kept(inLanguage(request.kept))} ${wallet.address(party)}`),
    h('details', {}, h('summary', {}, wallet.also), h('p', {}, wallet.alsoText)),
  ]
}

const hasVisited = ({ history }: View, party: string): boolean =>
  history.some((shown) => shown.party === party && shown.recognised)

function choice(
  id: string,
  required: boolean,
  name: string,
  value: string,
  why: string,
  { value: of = 'recognise', disabled = false },
): HTMLElement {
  const { wallet } = texts()
  const box = h('input', { type: 'checkbox', id, value: of, disabled, 'aria-describedby': `${id}-why` })
  box.checked = required && !disabled
  box.dataset['required'] = String(required)
  return h(
    'li',
    {},
    box,
    h(
      'div',
      {},
      h('label', { for: id }, h('strong', {}, name), ' ', h('span', { class: 'value' }, value)),
      h(
        'p',
        { class: 'hint', id: `${id}-why` },
        h('span', { class: 'tag' }, required ? wallet.required : wallet.optional),
        ` ${why}`,
      ),
    ),
  )
}

/** What was made for a Relying Party, before the browser takes it there. */
export interface Outcome {
  readonly request: Request
  readonly disclose: readonly string[]
  readonly recognise: boolean
  readonly answer: string
  readonly milliseconds: number
  readonly claims: View['claims']
}

export function outcomeView({ request, disclose, recognise, answer, milliseconds, claims }: Outcome): Node[] {
  const { wallet } = texts()
  const { name, party } = request
  const shown = claims.filter(({ type }) => disclose.includes(type))
  const kept = claims.filter(({ type }) => !disclose.includes(type))
  const pairs = shown.map(({ type, value }) => [claimName(type), valueOf(type, value)] as const)
  return [
    h('h1', {}, wallet.ready),
    h('p', {}, wallet.readyText(name)),
    h(
      'section',
      { class: 'card goes' },
      facts([...pairs, ...(recognise ? ([[name, wallet.number]] as const) : [])]),
      h(
        'p',
        { class: 'actions' },
        h(
          'a',
          { class: 'button primary', href: withFragment(party, { answer: encodeText(answer) }) },
          wallet.deliver(name),
        ),
      ),
    ),
    h(
      'section',
      { class: 'card', 'aria-labelledby': 'stays' },
      h('h2', { id: 'stays' }, wallet.stays),
      kept.length === 0
        ? h('p', {}, wallet.everything)
        : h('ul', { class: 'kept' }, ...kept.map(({ type }) => h('li', {}, claimName(type)))),
    ),
    h(
      'p',
      { class: 'hint', 'data-milliseconds': String(milliseconds) },
      wallet.took(`${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`),
    ),
  ]
}
