// Locks, moving to another device, the second device, and deleting everything.
import type { asking } from '../shared/calls.js'
import { Failure } from '../shared/calls.js'
import { actions, details, field, fieldsOf, h, say, section, working } from '../shared/dom.js'
import { language, texts } from '../shared/language.js'
import * as passkey from './passkey.js'
import type { View, WalletFunctions } from './wallet-worker.js'

interface Parts {
  readonly view: View
  readonly ask: ReturnType<typeof asking<WalletFunctions>>
  readonly show: (view: View, moved?: boolean) => void
  readonly explain: (error: unknown) => string
}

/** Whether this device's passkey can lock a wallet. */
let hasPasskey = false
void passkey.isPossible().then((found) => (hasPasskey = found))

/** A file that was made to move out, until the page is left; and whether its tokens are no longer here. */
let moving: { readonly address: string; readonly isDone: boolean } | undefined

export function safetyView(parts: Parts): HTMLElement[] {
  const { wallet } = texts()
  const { view } = parts
  return [
    section(
      'safety',
      wallet.safety,
      'card',
      ...lock(parts),
      details('device', wallet.device, ...secondDevice(parts)),
      details('export', wallet.export, ...moveOut(parts)),
      details('import', wallet.import, ...moveIn(parts)),
      details('delete', wallet.delete, h('p', {}, wallet.deleteText), deletionButton(parts)),
      ...(view.locks.includes('browser') ? [] : [actions(lockButton(parts))]),
    ),
  ]
}

/** Nobody can reset a passphrase, so it is asked for twice. */
function newPassphrase(name = 'passphrase'): HTMLElement[] {
  const { passphrase, passphraseHint, passphraseAgain } = texts().wallet
  const attributes = { type: 'password', minlength: '10', autocomplete: 'new-password' }
  return [
    field(passphrase, { ...attributes, name }, passphraseHint),
    field(passphraseAgain, { ...attributes, name: `${name}-again` }),
  ]
}

/** Throws `Failure` (`not-twice`). */
function chosenIn(fields: Record<string, string>, name = 'passphrase'): string {
  if (fields[name] === undefined || fields[name] !== fields[`${name}-again`]) throw new Failure('not-twice')
  return fields[name]
}

function lockButton({ ask, show, explain }: Parts): HTMLElement {
  return h(
    'button',
    {
      click: working(async () => {
        show(await ask('lock'), true)
        say('')
      }, explain),
    },
    texts().wallet.lockNow,
  )
}

function lock({ view, ask, show, explain }: Parts): Node[] {
  const { wallet } = texts()
  const { locks } = view
  const submit = working(async (event) => {
    const passphrase = chosenIn(fieldsOf(event))
    say(wallet.deriving)
    show(await ask('setLock', { kind: 'passphrase', passphrase }))
    say(wallet.passphraseSet)
  }, explain)
  const addPasskey = working(async () => {
    const salt = crypto.getRandomValues(new Uint8Array(32))
    const { credential, secret } = await passkey.create(salt)
    show(await ask('setLock', { kind: 'passkey', credential, secret, salt }))
    say(wallet.passkeySet)
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
      ? details(
          'lock',
          wallet.addPassphrase,
          h('form', { submit }, ...newPassphrase(), h('button', {}, wallet.setPassphrase)),
        )
      : actions(
          hasPasskey && !locks.includes('passkey') && h('button', { click: addPasskey }, wallet.addPasskey),
          h('button', { click: remove }, wallet.removeLock),
        ),
  ]
}

function secondDevice({ view, ask, show, explain }: Parts): Node[] {
  const { wallet } = texts()
  const bind = (to: boolean, done: string) =>
    working(async () => {
      if (to) say(wallet.deviceSearch)
      show(await ask('bindDevice', { bind: to }))
      say(done)
    }, explain)
  const exchange = working(async () => {
    say(wallet.refilling)
    show(await ask('refill', 'exchange'))
    say(wallet.exchanged)
  }, explain)
  const unbound = view.tokens.claim - view.tokens.bound
  return [
    h('p', {}, wallet.deviceText),
    ...(view.hasDevice ? [h('p', {}, h('strong', {}, wallet.deviceIsPaired))] : []),
    ...(view.hasDevice && view.canRefill && unbound > 0
      ? [h('p', {}, wallet.unbound(unbound)), h('button', { class: 'primary', click: exchange }, wallet.exchange)]
      : []),
    actions(
      h('a', { class: 'button', href: `/device.html?lang=${language()}`, target: '_blank' }, wallet.deviceOpen),
      view.hasDevice
        ? h('button', { click: bind(false, wallet.deviceUnpaired) }, wallet.deviceUnpair)
        : h('button', { click: bind(true, wallet.devicePaired) }, wallet.devicePair),
    ),
  ]
}

function setMoving(next: typeof moving): void {
  if (moving !== undefined && moving.address !== next?.address) URL.revokeObjectURL(moving.address)
  moving = next
}

/** In three steps, so that nothing is lost if a download fails: make the file, save it, remove what is here. */
function moveOut({ ask, show, explain }: Parts): Node[] {
  const { wallet } = texts()
  if (moving === undefined) {
    const submit = working(async (event) => {
      const passphrase = chosenIn(fieldsOf(event), 'passphrase-out')
      say(wallet.deriving)
      const octets = await ask('moveOut', { passphrase })
      setMoving({ address: URL.createObjectURL(new Blob([octets])), isDone: false })
      show(await ask('view'))
      say(wallet.made)
      document.querySelector<HTMLAnchorElement>('a[download]')?.focus()
    }, explain)
    return [
      h('p', {}, wallet.exportText),
      h('form', { submit }, ...newPassphrase('passphrase-out'), h('button', {}, wallet.exportDo)),
    ]
  }
  const { address, isDone } = moving
  const save = (name: string, click?: () => void): HTMLElement =>
    h('a', { class: name, href: address, download: 'pocket.wallet', click }, wallet.save)
  if (isDone) return [h('p', {}, wallet.saveAgain), actions(save('button'))]
  const finish = working(
    async () => {
      const next = await ask('finishMoveOut')
      setMoving({ address, isDone: true })
      show(next)
      say(wallet.exported)
      document.querySelector<HTMLElement>('a[download]')?.focus()
    },
    (error) => {
      setMoving(undefined)
      void ask('view').then((next) => show(next))
      return explain(error)
    },
  )
  const cancel = working(async () => {
    setMoving(undefined)
    show(await ask('view'))
    say(wallet.kept)
  }, explain)
  const done = h('button', { click: finish, 'aria-disabled': 'true' }, wallet.moveDone)
  return [
    h('p', { class: 'notice' }, wallet.madeText),
    actions(
      save('button primary', () => done.removeAttribute('aria-disabled')),
      done,
      h('button', { click: cancel }, wallet.moveCancel),
    ),
  ]
}

function moveIn({ ask, show, explain }: Parts): Node[] {
  const { wallet } = texts()
  const submit = working(
    async (event) => {
      say(wallet.deriving)
      const form = new FormData(event.currentTarget as HTMLFormElement)
      const chosen = form.get('file')
      const octets = new Uint8Array(chosen instanceof File ? await chosen.arrayBuffer() : [])
      const passphrase = String(form.get('passphrase-in'))
      const next = await ask('moveIn', { file: octets, passphrase, opener: {} })
      setMoving(undefined)
      show(next, true)
      say(wallet.imported(next.tokens.claim))
    },
    (error) => (error instanceof Failure && error.code === 'wrong-key' ? wallet.badFile : explain(error)),
  )
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

export function deletionButton({ ask, show, explain }: Pick<Parts, 'ask' | 'show' | 'explain'>): HTMLElement {
  const { wallet } = texts()
  const sure = working(async () => {
    setMoving(undefined)
    show(await ask('deleteAll'), true)
    say(wallet.deleted)
  }, explain)
  return h('button', { class: 'danger', click: sure }, wallet.deleteSure)
}
