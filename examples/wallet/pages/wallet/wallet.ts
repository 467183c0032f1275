// The wallet's page. What it shows is the worker's; the views are here (the home of the wallet), in `request.ts` (somebody asks)
// and in `safety.ts` (locks, moving, the second device).
import { decodeText, encodeText } from '../shared/base64.js'
import { asking, Failure } from '../shared/calls.js'
import { actions, complain, details, facts, field, fieldsOf, h, page, say, section, working } from '../shared/dom.js'
import { claimName, dateOf, listOf, texts, timeOf, valueOf } from '../shared/language.js'
import { addressOf, takeFragment, withFragment } from '../shared/places.js'
import * as passkey from './passkey.js'
import { canAnswer, emptyRequestView, outcomeView, phoneView, requestView, type Outcome } from './request.js'
import { deletionButton, safetyView } from './safety.js'
import type { Summary } from './second-device.js'
import type { Request, View, WalletFunctions } from './wallet-worker.js'

const ask = asking<WalletFunctions, string | Summary>(
  new Worker(new URL('./wallet-worker.ts', import.meta.url), { type: 'module' }),
  (step) => {
    if (typeof step === 'string') return say(texts().wallet.progress[step] ?? '')
    onPhone = step
    redraw(true)
  },
)

/** What refilling goes up to, and when to refill. */
const full = 10
const few = 3

let view: View | undefined
/** What a Relying Party has asked for, and what was made for it. */
let request = requestAt('request')
/** A request that the person has left without an answer. */
let aside = requestAt('aside')
let isBadRequest = false
/** Whether somebody has logged in whose tokens these are not. */
let isOther = false
const choices = new Map<string, boolean>()
/** What the phone is asked to approve. */
let onPhone: Summary | undefined
let outcome: Outcome | undefined

const { redraw } = page(() => {
  const { wallet } = texts()
  if (isBadRequest) return badRequestView()
  if (view === undefined) return [h('h1', {}, wallet.opening)]
  if (view.isLocked) return lockedView(view)
  if (isOther) return otherPersonView(view)
  if (outcome !== undefined) return outcomeView({ ...outcome, send: send(outcome), discard })
  if (request === undefined) return home(view)
  if (onPhone !== undefined) return phoneView(onPhone)
  const asked = { request, view, choices, present, decline, explain }
  return canAnswer(request, view) ? requestView(asked) : emptyRequestView({ ...asked, refill, goForTokens })
})

/** Shows another view, or another state of this one. */
function show(next: View, moved = false): void {
  view = next
  redraw(moved)
}

function requestAt(name: string): Request | undefined {
  const stored = sessionStorage.getItem(name)
  return stored === null ? undefined : (JSON.parse(stored) as Request)
}

function setRequest(next: Request | undefined, leaving?: Request): void {
  request = next
  aside = leaving
  choices.clear()
  for (const [name, value] of Object.entries({ request, aside })) {
    if (value === undefined) sessionStorage.removeItem(name)
    else sessionStorage.setItem(name, JSON.stringify(value))
  }
}

/** Why something failed, and what to do, in words. */
export function explain(error: unknown): string {
  const { wallet } = texts()
  const code = error instanceof Failure ? error.code : String(error)
  if (code === 'other-person') {
    isOther = true
    redraw(true)
    return ''
  }
  const known: Record<string, string> = {
    down: wallet.errors.down,
    grant: wallet.errors.grant,
    refused: wallet.errors.refused,
    state: wallet.errors.state,
    'ws-trust/no-token': wallet.errors.noToken,
    'ws-trust/other-relying-party': `${wallet.badRequest}. ${wallet.badRequestText}`,
    'wrong-key': wallet.wrongPassphrase,
    'not-empty': wallet.notEmpty,
    'no-wallet': wallet.noWallet,
    'not-twice': wallet.notTwice,
    changed: wallet.changed,
    'device-missing': wallet.deviceMissing,
    'device-refused': wallet.deviceRefused,
    'device-late': wallet.deviceLate,
    passkey: wallet.passkeyFailed,
  }
  return known[code] ?? (error instanceof DOMException ? wallet.passkeyFailed : wallet.errors.other(code))
}

/**
 * Goes to the Claim Provider, to come back with a code. The state shows that it was this wallet that went; it stays the same until it
 * is used, so that a person who goes back to an earlier page of the log-in can finish there.
 */
function goForTokens(): void {
  const state = sessionStorage.getItem('state') ?? crypto.randomUUID()
  sessionStorage.setItem('state', state)
  location.href = addressOf('claims', { state })
}

const refill = working(async () => {
  say(texts().wallet.refilling)
  const next = await ask('refill')
  show(next)
  say(texts().wallet.got(next.tokens.claim))
}, explain)

async function present(disclose: readonly string[], recognise: boolean): Promise<void> {
  if (request === undefined) return
  let hasDevice = false
  const made = await ask('present', { request, disclose, recognise }).finally(() => {
    if (onPhone === undefined) return
    hasDevice = true
    onPhone = undefined
    redraw(true)
  })
  outcome = { ...made, request, disclose, recognise, hasDevice, claims: view?.claims ?? [] }
  setRequest(undefined)
  // The outcome is drawn first: the person waits for it, and not for the counting of tokens.
  redraw(true)
  say('')
  view = await ask('view')
}

/** A button and no link: what goes out is noted first. */
const send = ({ request: { party }, answer, when }: Outcome): ((event: Event) => Promise<void>) =>
  working(async () => {
    await ask('send', { when })
    location.href = withFragment(party, { answer: encodeText(answer) })
  }, explain)

function discard(): void {
  const { recognise, request } = outcome ?? {}
  outcome = undefined
  redraw(true)
  const { notSent, usedUp, setAside } = texts().wallet
  say(`${notSent}. ${recognise === true ? setAside(request?.name ?? '') : usedUp}`)
}

/** Before somebody else's tokens take the place of those that are here. */
function otherPersonView({ tokens }: View): Node[] {
  const { wallet } = texts()
  const replace = working(async () => {
    say(wallet.refilling)
    const next = await ask('replace')
    isOther = false
    show(next, true)
    say(wallet.got(next.tokens.claim))
  }, explain)
  const keep = (): void => {
    isOther = false
    redraw(true)
    say(wallet.otherKept)
  }
  return [
    h('h1', {}, wallet.other),
    h('p', {}, wallet.otherText(tokens.claim)),
    actions(
      h('button', { class: 'primary', click: keep }, wallet.otherKeep),
      h('button', { class: 'danger', click: replace }, wallet.otherReplace),
    ),
  ]
}

function decline(): void {
  const party = request?.party
  setRequest(undefined)
  if (party !== undefined) location.href = `${party}/#declined=`
}

function badRequestView(): Node[] {
  const { wallet, frame } = texts()
  const openWallet = (): void => {
    isBadRequest = false
    redraw(true)
  }
  return [
    h('h1', {}, wallet.badRequest),
    h('p', {}, wallet.badRequestText),
    actions(
      h('button', { class: 'primary', click: openWallet }, wallet.openWallet),
      h('a', { class: 'button', href: addressOf('story') }, frame.back),
    ),
  ]
}

function lockedView({ locks, passkey: known }: View): Node[] {
  const { wallet } = texts()
  const unlock = (opener: (event: Event) => Promise<object>) =>
    working(async (event) => {
      say(wallet.deriving)
      const next = await ask('unlock', await opener(event))
      say('')
      show(next, true)
    }, explain)
  const submit = unlock(async (event) => ({ passphrase: fieldsOf(event)['passphrase'] }))
  return [
    h('h1', {}, wallet.locked),
    h('p', {}, request === undefined ? wallet.lockedText : wallet.lockedAsk(request.name)),
    h(
      'section',
      { class: 'card' },
      ...(known === undefined
        ? []
        : [
            h(
              'button',
              { class: 'primary', click: unlock(async () => ({ secret: await passkey.use(known) })) },
              wallet.unlockPasskey,
            ),
          ]),
      ...(locks.includes('passphrase')
        ? [
            h(
              'form',
              { submit },
              field(wallet.passphrase, { name: 'passphrase', type: 'password', autocomplete: 'current-password' }),
              actions(
                h('button', { class: known === undefined ? 'primary' : '' }, wallet.unlock),
                request && h('button', { type: 'button', click: decline }, wallet.decline),
              ),
            ),
          ]
        : []),
      details('forgot', wallet.forgot, h('p', {}, wallet.forgotText), deletionButton({ ask, show, explain })),
    ),
  ]
}

function home(view: View): (Node | undefined)[] {
  const { wallet } = texts()
  const { tokens, expires, memberExpires, claims } = view
  const heading = tokens.claim > 0 ? wallet.left(tokens.claim) : wallet.none
  const isLow = tokens.claim <= few
  const isFull = tokens.claim >= full && tokens.ID > 0
  const getText = view.canRefill && tokens.claim > 0 ? wallet.getAgain : wallet.get
  const open = (): void => {
    setRequest(aside)
    redraw(true)
  }
  return [
    h('h1', {}, heading),
    aside && h('p', { class: 'notice' }, wallet.stillAsks(aside.name), ' ', h('button', { click: open }, wallet.see)),
    h(
      'section',
      { class: 'card tokens', 'aria-label': wallet.tokens },
      tokens.claim > 0 ? tokenRow(tokens) : undefined,
      tokens.bound > 0 ? h('p', {}, wallet.bound(tokens.bound)) : undefined,
      h(
        'p',
        {},
        tokens.claim > 0
          ? `${wallet.once} ${expires === undefined ? '' : wallet.until(dateOf(expires))}`
          : wallet.noneText,
      ),
      memberExpires === undefined ? undefined : h('p', {}, wallet.member(tokens.ID, dateOf(memberExpires))),
      tokens.claim > 0 && isLow ? h('p', { class: 'notice' }, wallet.low(tokens.claim)) : undefined,
      actions(
        view.canRefill && !isFull
          ? h('button', { class: isLow ? 'primary' : '', click: refill }, wallet.refill)
          : undefined,
        h('button', { class: isLow && !view.canRefill ? 'primary' : '', click: goForTokens }, getText),
      ),
    ),
    tokens.claim === 0
      ? undefined
      : section(
          'say',
          wallet.say,
          'card',
          h('p', { class: 'hint' }, wallet.sayText),
          facts(claims.map(({ type, value }) => [claimName(type), valueOf(type, value)])),
        ),
    section(
      'history',
      wallet.history,
      'card',
      h('p', { class: 'hint' }, wallet.historyText),
      view.history.length === 0 ? h('p', {}, wallet.historyNone) : historyList(view),
      actions(
        ...(['shop', 'forum'] as const).map((place) =>
          h('a', { class: 'button', href: addressOf(place) }, wallet.visit(texts().places[place].name)),
        ),
      ),
    ),
    ...safetyView({ view, ask, show, explain }),
  ]
}

/** The tokens as a row of tickets; the number is in the heading. */
function tokenRow({ claim, bound }: View['tokens']): HTMLElement {
  const tickets = Array.from({ length: Math.min(claim, 30) }, (_, i) =>
    h('span', { class: i < bound ? 'ticket bound' : 'ticket' }),
  )
  return h('div', { class: 'tickets', 'aria-hidden': 'true' }, ...tickets)
}

function historyList({ history }: View): HTMLElement {
  const { wallet } = texts()
  return h(
    'ol',
    { class: 'history', reversed: true },
    ...history.map(({ name, party, when, claims, recognised, isSent = true }) => {
      const facts = claims.length === 0 ? wallet.shownNothing : wallet.shown(listOf(claims.map(claimName)))
      const shown = isSent ? facts : `${wallet.notSent}${recognised ? '' : `. ${wallet.usedUp}`}`
      return h(
        'li',
        {},
        h('strong', {}, name),
        h('span', { class: 'hint' }, ` ${new URL(party).host} · ${timeOf(when)}`),
        h('br'),
        isSent && recognised ? `${shown}; ${wallet.recognised}` : shown,
      )
    }),
  )
}

/** Neither a reload nor a way back. */
const isNewVisit = (): boolean =>
  performance.getEntriesByType('navigation').some((entry) => (entry as PerformanceNavigationTiming).type === 'navigate')

/** A request that a Relying Party has sent along; undefined if it is not one. */
function requestIn(text: string): Request | undefined {
  try {
    const found = JSON.parse(decodeText(text)) as Request
    const isOrigin = new URL(found.party).origin === found.party
    const isWhole = [found.name, found.uidp, found.message].every((member) => typeof member === 'string')
    return isOrigin && isWhole && Array.isArray(found.claims) ? found : undefined
  } catch {
    return undefined
  }
}

async function start(): Promise<void> {
  const fragment = takeFragment()
  const [asked, code, state] = ['request', 'code', 'state'].map((name) => fragment.get(name))
  if (typeof asked === 'string') {
    setRequest(requestIn(asked))
    isBadRequest = request === undefined
  } else if (request !== undefined && typeof code !== 'string' && isNewVisit()) {
    // The person has left the question and opened the wallet by itself.
    setRequest(undefined, request)
  }
  show(await ask('start'))
  // If the request is a bad one, the answer says so.
  if (request !== undefined) void ask('warmUp', request).catch(() => undefined)
  if (typeof code !== 'string') return
  const expected = sessionStorage.getItem('state')
  sessionStorage.removeItem('state')
  if (expected === null || expected !== state) throw new Failure('state')
  // A code is short-lived, but unlocking takes a person some seconds only.
  const next = await ask('obtain', { code })
  show(next, true)
  say(texts().wallet.got(next.tokens.claim))
}

navigator.serviceWorker?.register('/service-worker.js').catch(() => undefined)
void navigator.storage?.persist?.()
for (const type of ['online', 'offline'] as const) {
  addEventListener(type, () => say(type === 'offline' ? texts().wallet.offline : ''))
}
start().catch((error: unknown) => complain(explain(error)))
