// Somebody asks: what, why, and what will go out. The person decides claim by claim.
import { actions, details, h, section, working } from '../shared/dom.js'
import { claimName, language, listOf, texts, valueOf } from '../shared/language.js'
import type { Summary } from './second-device.js'
import { summaryView } from './summary.js'
import type { Request, View } from './wallet-worker.js'

interface Asked {
  readonly request: Request
  readonly view: View
  /** What the person has ticked and unticked so far, by the boxes' values. */
  readonly choices: Map<string, boolean>
  readonly present: (disclose: readonly string[], recognise: boolean) => Promise<void>
  readonly decline: () => void
  readonly explain: (error: unknown) => string
}

/** A text of the Relying Party in the language of the page, or in another one. */
const inLanguage = (text: Record<string, string>): string => text[language()] ?? Object.values(text)[0] ?? ''

export function requestView({ request, view, choices, present, decline, explain }: Asked): (Node | undefined)[] {
  const { wallet } = texts()
  const { name, party, recognise } = request
  const valueIn = (type: string): string | undefined =>
    view.claims.find((claim) => claim.type === type)?.value ?? undefined

  const items = request.claims.map(({ type, required, why }) => {
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
      change: () => {
        for (const { value, checked } of boxes) choices.set(value, checked)
        update()
      },
    },
    h('ul', { class: 'choices' }, ...items, ...(recognition ? [recognition] : [])),
    missing,
    actions(show, h('button', { type: 'button', click: decline }, wallet.decline)),
  )
  const boxes = Array.from(form.querySelectorAll<HTMLInputElement>('input[type=checkbox]'))
  const chosen = (): string[] => boxes.filter((box) => box.checked && box.value !== 'recognise').map((box) => box.value)
  const isRecognised = (): boolean => boxes.some((box) => box.checked && box.value === 'recognise')
  for (const box of boxes) if (!box.disabled) box.checked = choices.get(box.value) ?? box.checked
  const update = (): void => {
    const lacking = boxes.filter((box) => !box.checked && box.dataset['required'] === 'true')
    const isComplete = lacking.length === 0
    const count = chosen().length + (isRecognised() ? 1 : 0)
    show.textContent = wallet.show(count)
    show.setAttribute('data-incomplete', String(!isComplete))
    if (isComplete) show.removeAttribute('aria-disabled')
    else show.setAttribute('aria-disabled', 'true')
    const names = lacking.map(({ value }) => (value === 'recognise' ? wallet.recognise : claimName(value)))
    missing.textContent = isComplete ? '' : wallet.missing(name, listOf(names))
  }
  update()

  const isTurnedDown =
    request.claims.some(({ type }) => type === 'urn:example:over-18') && valueIn('urn:example:over-18') === 'no'
  return [
    h('h1', {}, wallet.asks(name)),
    h('p', {}, wallet.purpose(name, inLanguage(request.purpose))),
    isTurnedDown ? h('p', { class: 'notice' }, wallet.notAdult) : undefined,
    h('section', { class: 'card' }, form),
    h('p', { class: 'hint' }, `${wallet.keeps(inLanguage(request.kept))} ${wallet.address(party)}`),
    details('also', wallet.also, h('p', {}, wallet.alsoText, view.tokens.bound > 0 && ` ${wallet.alsoDevice}`)),
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

/** Whether there are tokens to answer with, of the Claim Provider that is trusted there. */
export function canAnswer({ uidp, claims, party }: Request, view: View): boolean {
  const { tokens } = view
  if (uidp !== view.uidp) return false
  return tokens.claim > 0 || hasVisited(view, party) || (tokens.ID > 0 && !claims.some(({ required }) => required))
}

/** Somebody asks, and there is nothing to answer with: what is asked, and how to get tokens. */
export function emptyRequestView({
  request,
  view,
  decline,
  refill,
  goForTokens,
}: Asked & { refill: (event: Event) => Promise<void>; goForTokens: () => void }): Node[] {
  const { wallet, party } = texts()
  const { name, claims, recognise } = request
  const isOtherRun = view.uidp !== undefined && request.uidp !== view.uidp
  const row = (what: string, required: boolean): HTMLElement =>
    h('li', {}, h('strong', {}, what), ' ', h('span', { class: 'tag' }, required ? wallet.required : wallet.optional))
  return [
    h('h1', {}, wallet.needTokens(name)),
    h('p', {}, isOtherRun ? wallet.otherRun : wallet.needTokensText(name)),
    actions(
      view.canRefill && !isOtherRun
        ? h('button', { class: 'primary', click: refill }, wallet.refill)
        : h('button', { class: 'primary', click: goForTokens }, wallet.get),
      h('button', { click: decline }, wallet.decline),
    ),
    section(
      'wants',
      wallet.wants(name),
      'card',
      h(
        'ul',
        { class: 'policy' },
        ...claims.map(({ type, required }) => row(claimName(type), required)),
        ...(recognise ? [row(party.recognise, recognise.required)] : []),
      ),
    ),
  ]
}

/** Meanwhile the person looks at the phone. */
export function phoneView(summary: Summary): Node[] {
  const { wallet } = texts()
  return [
    h('h1', {}, wallet.deviceWait),
    h('p', {}, wallet.deviceWaitText),
    h('section', { class: 'card goes' }, summaryView(summary)),
  ]
}

/** What was made for a Relying Party, before the browser takes it there. */
export interface Outcome {
  readonly request: Request
  readonly disclose: readonly string[]
  readonly recognise: boolean
  readonly answer: string
  readonly when: string
  readonly milliseconds?: number
  /** Whether a second device has approved. */
  readonly hasDevice: boolean
  readonly claims: View['claims']
}

export function outcomeView(
  outcome: Outcome & { send: (event: Event) => Promise<void>; discard: () => void },
): (Node | false)[] {
  const { wallet } = texts()
  const { request, disclose, recognise, hasDevice, milliseconds, claims, send, discard } = outcome
  const { name, party } = request
  const shown = claims.filter(({ type }) => disclose.includes(type))
  const kept = claims.filter(({ type }) => !disclose.includes(type))
  return [
    h('h1', {}, wallet.ready),
    h('p', {}, wallet.readyText(name, recognise ? wallet.setAside(name) : wallet.usedUp)),
    section(
      'goes',
      wallet.goes(name),
      'card goes',
      summaryView({ name, party, claims: shown, recognise }, hasDevice),
      actions(
        h('button', { class: 'primary', click: send }, wallet.deliver(name)),
        h('button', { click: discard }, wallet.discard),
      ),
    ),
    section(
      'stays',
      wallet.stays,
      'card',
      kept.length === 0
        ? h('p', {}, wallet.everything)
        : h('ul', { class: 'kept' }, ...kept.map(({ type }) => h('li', {}, claimName(type)))),
    ),
    milliseconds !== undefined &&
      h('p', { class: 'hint' }, wallet.took(`${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`)),
  ]
}
