// The Claim Provider's page: log in, see what it certifies, send tokens to the wallet.
import { actions, call, CallFailed, facts, field, fieldsOf, h, page, say, section, working } from '../shared/dom.js'
import { claimName, dateOf, texts, valueOf } from '../shared/language.js'
import { addressOf } from '../shared/places.js'

interface Resident {
  readonly name: string
  readonly claims: readonly { readonly type: string; readonly value: string }[]
  readonly expires: string
}
interface Example {
  readonly id: string
  readonly password: string
  readonly givenName: string
  readonly birthDate: string
}

/** Of the wallet that waits for tokens, also after a reload; null if the person came here directly. */
const state = new URLSearchParams(location.hash.slice(1)).get('state')
let resident: Resident | undefined
let examples: readonly Example[] = []
/** A form that is drawn again would lose what somebody has typed: it comes when all is known. */
let isLoading = true
let isClosed = false

const { redraw } = page(() => {
  if (isLoading) return [h('h1', {}, texts().places.claims.name)]
  if (isClosed) return closedView()
  return resident === undefined ? logInView() : residentView(resident)
})

function explain(error: unknown): string {
  const { office } = texts()
  const status = error instanceof CallFailed ? error.status : undefined
  return status === 401 ? office.wrong : status === 429 ? office.paused : office.down
}

function closedView(): Node[] {
  const { office } = texts()
  const again = working(async () => {
    await start()
    redraw(true)
  })
  return [
    h('h1', {}, office.closed),
    h('p', {}, office.down),
    actions(
      h('button', { class: 'primary', click: again }, office.again),
      h('a', { class: 'button', href: addressOf('wallet') }, office.wallet),
    ),
  ]
}

function logInView(): Node[] {
  const { office } = texts()
  const submit = working(async (event) => {
    await call('/log-in', fieldsOf(event))
    await loadResident()
    redraw(true)
    say('')
  }, explain)
  const form = h(
    'form',
    { submit },
    field(office.name, { name: 'name', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false' }),
    field(office.password, { name: 'password', type: 'password', autocomplete: 'current-password' }),
    h('button', { class: 'primary' }, office.logIn),
  )
  const fill =
    ({ id, password }: Example) =>
    () => {
      for (const [name, value] of Object.entries({ name: id, password })) {
        const input = form.querySelector<HTMLInputElement>(`[name=${name}]`)
        if (input !== null) input.value = value
      }
      form.querySelector('button')?.focus()
    }
  return [
    h('h1', {}, office.logIn),
    h('p', {}, office.lead),
    ...(state === null ? [] : [h('p', {}, office.sent)]),
    h('section', { class: 'card' }, form),
    h(
      'aside',
      { class: 'notice', 'aria-label': office.examples },
      h('p', {}, h('strong', {}, office.examples)),
      ...examples.map((example) =>
        h(
          'p',
          { class: 'example' },
          office.example(example.givenName, example.id, example.password, dateOf(example.birthDate)),
          ' ',
          h('button', { click: fill(example) }, office.use(example.givenName)),
        ),
      ),
    ),
  ]
}

function residentView({ name, claims, expires }: Resident): Node[] {
  const { office } = texts()
  const send = working(async () => {
    const { code } = await call<{ code: string }>('/authorise', {})
    location.href = addressOf('wallet', { code, state: state ?? '' })
  }, explain)
  const logOut = working(async () => {
    await call('/log-out', {})
    resident = undefined
    redraw(true)
    say(office.loggedOut)
  }, explain)
  return [
    h('h1', {}, office.hello(name)),
    section(
      'certify',
      office.certify,
      'card',
      facts(claims.map(({ type, value }) => [claimName(type), valueOf(type, value)])),
      h('p', { class: 'hint' }, office.until(dateOf(expires))),
      actions(
        state === null
          ? h('a', { class: 'button primary', href: addressOf('wallet') }, office.wallet)
          : h('button', { class: 'primary', click: send }, office.send),
        h('button', { click: logOut }, office.logOut),
      ),
      ...(state === null ? [h('p', { class: 'hint' }, office.start)] : []),
    ),
    section('learn', office.learn, '', h('p', {}, office.learnText)),
  ]
}

async function loadResident(): Promise<void> {
  resident = (await call<{ resident: Resident | null }>('/me')).resident ?? undefined
}

async function start(): Promise<void> {
  try {
    examples = await call<Example[]>('/people')
    await loadResident()
    isClosed = false
  } catch {
    isClosed = true
  }
  isLoading = false
  redraw()
}

void start()
