// The page: its forms and their results. Two workers do everything else.
import { asking } from './ask.js'
import { drawChart } from './chart.js'
import { changeJsonClaim, flipJsonBit, prettyJws } from './json-view.js'
import { changeClaim, flipBit } from './tamper.js'
import { prettyXml } from './xml-view.js'

const ask = asking(new Worker(new URL('./wallet.js', import.meta.url), { type: 'module' }))

/** @type {Record<string, string>} */
const claimNames = {
  emailaddress: 'E-mail address',
  givenname: 'Given name',
  surname: 'Surname',
  dateofbirth: 'Date of birth',
  country: 'Country',
}
/** What differs between the constructions on this page. */
const constructions = {
  xml: { what: 'The XML that is sent', pretty: prettyXml, changeClaim, flipBit },
  json: { what: 'The JSON that is sent', pretty: prettyJws, changeClaim: changeJsonClaim, flipBit: flipJsonBit },
}
/** @typedef {keyof typeof constructions} Construction */

/** @type {{ text: string, construction: Construction } | undefined} */
let presentation
let hasDisclosed = false

/** @param {string} id @returns {any} */
const byId = (id) => document.getElementById(id)
/** @param {string} type */
const nameOf = (type) => claimNames[type.slice(type.lastIndexOf('/') + 1)] ?? type
/** @param {number} value */
const inMilliseconds = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`
/** @param {number} count */
const tokensOf = (count) => `${count} ${count === 1 ? 'token' : 'tokens'}`

/** @param {string} text */
function say(text) {
  byId('status').textContent = text
}

/**
 * @param {string} name
 * @param {Record<string, string>} [attributes]
 * @param {(Node | string)[]} children
 */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

/**
 * Runs some work when a form is submitted, a button is pressed or another option is chosen, and shows its status or its error.
 * @param {HTMLElement} control
 * @param {string} begun the status meanwhile
 * @param {(event: Event) => Promise<string>} work returns the final status
 */
function on(control, begun, work) {
  const type = control instanceof HTMLFormElement ? 'submit' : control instanceof HTMLSelectElement ? 'change' : 'click'
  control.addEventListener(type, async (event) => {
    event.preventDefault()
    say(begun)
    document.body.setAttribute('aria-busy', 'true')
    try {
      say(await work(event))
    } catch (error) {
      const { message, code } = /** @type {Error & { code?: string }} */ (error)
      say(code === undefined ? message : `${message} (${code})`)
    } finally {
      document.body.removeAttribute('aria-busy')
    }
  })
}

/** @param {{ tokens: number, claims?: { type: string, value: string | null }[] }} contents of the wallet */
function showWallet({ tokens, claims }) {
  byId('wallet').textContent = `In the wallet: ${tokensOf(tokens)}.`
  byId('obtain').querySelector('fieldset').disabled = false
  byId('present').querySelector('fieldset').disabled = claims === undefined && tokens === 0
  if (claims === undefined) return
  const ticked = new Set(chosen())
  byId('claims').replaceChildren(
    ...claims.map(({ type, value }) => {
      const box = make('input', { type: 'checkbox', name: 'claim', value: type })
      if (ticked.has(type)) box.setAttribute('checked', '')
      return make(
        'label',
        { class: 'check' },
        box,
        make('span', {}, make('strong', {}, nameOf(type)), ` ${value ?? 'none'}`),
      )
    }),
  )
}

/** @returns {Construction} */
const construction = () => byId('construction').value

/** Shows a figure of the chosen construction beside that of the other. @param {string} figure @param {string} text */
function compare(figure, text) {
  byId('comparison').hidden = false
  byId(`${figure}-${construction()}`).textContent = text
}

/** The claim types that are ticked. @returns {string[]} */
function chosen() {
  return Array.from(byId('claims').querySelectorAll('input:checked'), ({ value }) => value)
}

/** @param {string} text */
function showPresentation(text) {
  presentation = { text, construction: construction() }
  const { what, pretty } = constructions[presentation.construction]
  byId('document').hidden = false
  byId('document').querySelector('summary').textContent = what
  byId('xml').textContent = pretty(text)
  byId('xml').setAttribute('aria-label', what)
  byId('send').disabled = false
  byId('send').querySelector('[data-change=claim]').disabled = !hasDisclosed
}

/** The presentation of one user is not shown to the next. */
function forgetPresentation() {
  presentation = undefined
  byId('document').hidden = true
  byId('xml').textContent = ''
  byId('send').disabled = true
  byId('summary').textContent = 'You have made none yet.'
}

/**
 * @param {string} sent
 * @param {any} verdict
 */
function showVerdict(sent, verdict) {
  const item = make('li', { class: verdict.valid ? 'accepted' : 'refused' })
  item.append(make('strong', {}, verdict.valid ? 'Accepted' : 'Refused'), ` ${sent}`)
  if (verdict.valid) {
    // In JSON a verdict is about one token.
    const facts = (verdict.presentations ?? [verdict]).flatMap((/** @type {any} */ { claims, persistentIdentifier }) =>
      persistentIdentifier === undefined
        ? claims.map((/** @type {any} */ { claimType, value }) => [nameOf(claimType), value ?? 'none'])
        : [['Recognised as', persistentIdentifier]],
    )
    const learned = facts.length === 0 ? [['Claims', 'none; it knows only that a token is certified']] : facts
    item.append(
      make(
        'dl',
        {},
        ...learned.flatMap((/** @type {string[]} */ [name = '', value = '']) => [
          make('dt', {}, name),
          make('dd', {}, value),
        ]),
      ),
    )
  } else {
    item.append(': ', make('code', {}, verdict.code))
  }
  byId('verdicts').prepend(item)
}

on(byId('login'), 'Opening the wallet …', async () => {
  const username = byId('user').value
  const login = { username, password: byId('password').value, construction: construction() }
  const contents = await ask('logIn', login)
  showOtherWallet(contents)
  return `The wallet of ${username} is open.`
})

/** @param {Parameters<typeof showWallet>[0]} contents */
function showOtherWallet(contents) {
  forgetPresentation()
  byId('claims').replaceChildren(make('p', { class: 'hint' }, 'Obtain tokens first.'))
  showWallet(contents)
}

on(byId('construction'), 'Opening the wallet …', async () => {
  // The JSON Framework has no ID tokens, by which a Relying Party recognises somebody.
  const recognise = byId('recognise')
  recognise.disabled = construction() === 'json'
  if (recognise.disabled) recognise.checked = false
  showOtherWallet(await ask('contents', { construction: construction() }))
  return `These are the tokens ${construction() === 'json' ? 'on the curve' : 'in the subgroup'}.`
})

on(byId('obtain'), 'Obtaining tokens …', async () => {
  const count = Number(byId('count').value)
  const contents = await ask('obtain', { count, construction: construction() })
  showWallet(contents)
  compare('obtain', inMilliseconds(contents.perToken))
  return `${tokensOf(count)} obtained in ${inMilliseconds(contents.milliseconds)}.`
})

on(byId('present'), 'Making a presentation …', async () => {
  const disclose = chosen()
  const recognise = byId('recognise').checked
  const options = { disclose, recognise, construction: construction() }
  const { text, milliseconds, ...contents } = await ask('present', options)
  hasDisclosed = disclose.length > 0
  showWallet(contents)
  showPresentation(text)
  compare('present', inMilliseconds(milliseconds))
  compare('size', text.length.toLocaleString('en'))
  const names = disclose.map(nameOf).join(', ')
  byId('summary').textContent = `It discloses ${names || 'no claim'}, and ${
    recognise ? 'an identifier for this Relying Party alone' : 'nothing that links two presentations of one person'
  }. ${text.length.toLocaleString('en')} characters.`
  return `Presentation made in ${inMilliseconds(milliseconds)}.`
})

for (const button of byId('send').querySelectorAll('button')) {
  on(button, 'Waiting for the Relying Party …', async () => {
    const { change } = button.dataset
    const { text = '', construction = 'xml' } = presentation ?? {}
    const { changeClaim, flipBit } = constructions[construction]
    const sent = change === 'claim' ? changeClaim(text) : change === 'bit' ? flipBit(text) : text
    const verdict = await ask('send', { text: sent, construction })
    showVerdict(button.textContent.toLowerCase(), verdict)
    return verdict.valid ? 'The Relying Party accepted it.' : `The Relying Party refused it: ${verdict.code}`
  })
}

on(byId('measure'), 'Measuring …', async () => {
  byId('measure').disabled = true
  const worker = new Worker(new URL('./measure.js', import.meta.url), { type: 'module' })
  try {
    const show = (/** @type {import('./chart.js').Bar[]} */ bars) => drawChart(byId('chart'), bars)
    show(await asking(worker, show)('measure', { rounds: 12 }))
    return 'Measured.'
  } finally {
    worker.terminate()
    byId('measure').disabled = false
    byId('measure').focus()
  }
})

async function start() {
  const users = /** @type {Record<string, string>} */ (await (await fetch('./users.json')).json())
  const [user, password] = [byId('user'), byId('password')]
  user.replaceChildren(...Object.keys(users).map((name) => make('option', {}, name)))
  const fill = () => (password.value = users[user.value] ?? '')
  user.addEventListener('change', fill)
  fill()
  const { issuer, backend, kernel } = await ask('load')
  byId('trust').textContent =
    `The Claim Provider ${issuer} signed the parameters of this page. Arithmetic: ${kernel ?? backend}, in a worker.`
  say('Ready. Log in as one of the example users.')
}

start().catch((/** @type {Error} */ { message }) => say(`The demo cannot start: ${message}`))
