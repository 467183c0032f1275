// Locks, moving to another device, the second device, and deleting everything.
import type { asking } from '../shared/calls.js'
import { Failure } from '../shared/calls.js'
import { complain, field, fieldsOf, h, say, working } from '../shared/dom.js'
import { language, texts } from '../shared/language.js'
import * as passkey from './passkey.js'
import type { View, WalletFunctions } from './wallet-worker.js'

interface Parts {
  readonly view: View
  readonly ask: ReturnType<typeof asking<WalletFunctions, string>>
  readonly show: (view: View, moved?: boolean) => void
  readonly explain: (error: unknown) => string
}

/** The address of a file that was moved out, until the page is left. */
let file: string | undefined

export function safetyView(parts: Parts): HTMLElement[] {
  const { wallet } = texts()
  const { view } = parts
  return [
    h(
      'section',
      { class: 'card', 'aria-labelledby': 'safety' },
      h('h2', { id: 'safety' }, wallet.safety),
      ...lock(parts),
      details(wallet.device, ...secondDevice(parts)),
      details(wallet.export, ...moveOut(parts)),
      details(wallet.import, ...moveIn(parts)),
      details(wallet.delete, ...deletion(parts)),
      ...(view.locks.includes('browser') ? [] : [h('p', { class: 'actions' }, lockButton(parts))]),
    ),
  ]
}

const details = (summary: string, ...children: Node[]): HTMLElement =>
  h('details', {}, h('summary', {}, summary), ...children)

const newPassphrase = (name = 'passphrase'): HTMLElement =>
  field(
    texts().wallet.passphrase,
    { name, type: 'password', minlength: '10', autocomplete: 'new-password' },
    texts().wallet.passphraseHint,
  )

function lockButton({ ask, show }: Parts): HTMLElement {
  return h(
    'button',
    {
      click: working(async () => {
        show(await ask('lock'), true)
        say('')
      }),
    },
    texts().wallet.lockNow,
  )
}

function lock({ view, ask, show, explain }: Parts): Node[] {
  const { wallet } = texts()
  const { locks } = view
  const set = working(async () => {
    const { passphrase = '' } = fields
    say(wallet.deriving)
    show(await ask('setLock', { kind: 'passphrase', passphrase }))
    say(wallet.lockSet)
  }, explain)
  let fields: Record<string, string> = {}
  const submit = (event: Event): Promise<void> => {
    fields = fieldsOf(event)
    return set(event)
  }
  const addPasskey = working(async () => {
    if (!(await passkey.isPossible())) return complain(wallet.passkeyMissing)
    const salt = crypto.getRandomValues(new Uint8Array(32))
    const { credential, secret } = await passkey.create(salt)
    show(await ask('setLock', { kind: 'passkey', credential, secret, salt }))
    say(wallet.lockSet)
  }, explain)
  const remove = working(async () => {
    show(await ask('setLock', { kind: 'browser' }))
    say(wallet.lockRemoved)
  }, explain)
  const state = locks.includes('passkey')
    ? wallet.lockPasskey
    : locks.includes('passphrase')
      ? wallet.lockPassphrase
      : wallet.lockNone
  return [
    h('p', {}, h('strong', {}, `${state}.`), locks.includes('browser') ? ` ${wallet.lockNoneText}` : undefined),
    locks.includes('browser')
      ? details(wallet.addPassphrase, h('form', { submit }, newPassphrase(), h('button', {}, wallet.setPassphrase)))
      : h(
          'p',
          { class: 'actions' },
          locks.includes('passkey') ? undefined : h('button', { click: addPasskey }, wallet.addPasskey),
          h('button', { click: remove }, wallet.removeLock),
        ),
  ]
}

function secondDevice({ view, ask, show, explain }: Parts): Node[] {
  const { wallet } = texts()
  const bind = (to: boolean, done: string) =>
    working(async () => {
      show(await ask('bindDevice', { bind: to }))
      say(done)
    }, explain)
  return [
    h('p', {}, wallet.deviceText),
    ...(view.hasDevice ? [h('p', {}, h('strong', {}, wallet.deviceIsPaired))] : []),
    h(
      'p',
      { class: 'actions' },
      h('a', { class: 'button', href: `/device.html?lang=${language()}`, target: '_blank' }, wallet.deviceOpen),
      view.hasDevice
        ? h('button', { click: bind(false, wallet.deviceUnpaired) }, wallet.deviceUnpair)
        : h('button', { click: bind(true, wallet.devicePaired) }, wallet.devicePair),
    ),
  ]
}

function moveOut({ ask, show, explain }: Parts): Node[] {
  const { wallet } = texts()
  const saved = h('div', { class: 'saved' })
  const offer = (): void => {
    if (file === undefined) return
    saved.replaceChildren(
      h('p', { class: 'notice' }, wallet.saveText),
      h('a', { class: 'button primary', href: file, download: 'pocket.wallet' }, wallet.save),
    )
  }
  offer()
  let fields: Record<string, string> = {}
  const move = working(async () => {
    say(wallet.deriving)
    const octets = await ask('moveOut', { passphrase: fields['passphrase-out'] ?? '' })
    file = URL.createObjectURL(new Blob([octets]))
    show(await ask('view'))
    say(wallet.exported)
    const link = document.querySelector<HTMLAnchorElement>('.saved a')
    link?.closest('details')?.setAttribute('open', '')
    link?.focus()
  }, explain)
  const submit = (event: Event): Promise<void> => {
    fields = fieldsOf(event)
    return move(event)
  }
  return [
    h('p', {}, wallet.exportText),
    h('form', { submit }, newPassphrase('passphrase-out'), h('button', {}, wallet.exportDo)),
    saved,
  ]
}

function moveIn({ ask, show, explain }: Parts): Node[] {
  const { wallet } = texts()
  let form: FormData | undefined
  const move = working(
    async () => {
      say(wallet.deriving)
      const chosen = form?.get('file')
      const octets = new Uint8Array(chosen instanceof File ? await chosen.arrayBuffer() : [])
      const passphrase = String(form?.get('passphrase-in') ?? '')
      const next = await ask('moveIn', { file: octets, passphrase, opener: {} })
      file = undefined
      show(next, true)
      say(wallet.imported(next.tokens.claim))
    },
    (error) => (error instanceof Failure && error.code === 'wrong-key' ? wallet.badFile : explain(error)),
  )
  const submit = (event: Event): Promise<void> => {
    form = new FormData(event.currentTarget as HTMLFormElement)
    return move(event)
  }
  return [
    h(
      'form',
      { submit },
      field(wallet.importFile, { name: 'file', type: 'file' }),
      field(wallet.passphrase, { name: 'passphrase-in', type: 'password', autocomplete: 'off' }),
      h('button', {}, wallet.importDo),
    ),
  ]
}

function deletion({ ask, show, explain }: Parts): Node[] {
  const { wallet } = texts()
  const sure = working(async () => {
    file = undefined
    show(await ask('deleteAll'), true)
    say(wallet.deleted)
  }, explain)
  return [h('p', {}, wallet.deleteText), h('button', { class: 'danger', click: sure }, wallet.deleteSure)]
}
