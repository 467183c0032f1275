// A tab that plays the person's phone: it has a key of its own, without which tokens that are bound to it cannot be shown.
import { createEngine, SoftwareDevice, type DeviceSession } from 'uprove-wasm'
import { L2048N256 } from 'uprove-wasm/params/L2048N256'
import { h, page, say } from '../shared/dom.js'
import { texts } from '../shared/language.js'
import { channelName, type Question, type Reply } from './second-device.js'

/** The key, kept in this tab's storage. A real device keeps it in hardware. */
async function loadDevice(): Promise<SoftwareDevice> {
  const group = (await createEngine()).subgroup(L2048N256)
  const stored = localStorage.getItem('device key')
  if (stored !== null)
    return SoftwareDevice.fromPrivateKey(group, L2048N256.gd, Uint8Array.from(JSON.parse(stored) as number[]))
  const device = SoftwareDevice.create(group, L2048N256.gd)
  const key = device.exportPrivateKey()
  localStorage.setItem('device key', JSON.stringify(Array.from(key)))
  key.fill(0)
  return device
}

/** What waits for the person. */
let decide: ((approved: boolean) => void) | undefined

const { redraw } = page(() => {
  const { phone } = texts()
  const answer = (approved: boolean) => () => {
    decide?.(approved)
    decide = undefined
    redraw()
    say(approved ? phone.approved : phone.refused)
  }
  return [
    h('h1', {}, phone.title),
    h('p', {}, phone.lead),
    h(
      'section',
      { class: 'card' },
      h('p', { role: 'alert' }, decide === undefined ? phone.idle : phone.asks),
      decide &&
        h(
          'p',
          { class: 'actions' },
          h('button', { class: 'primary', click: answer(true) }, phone.approve),
          h('button', { click: answer(false) }, phone.refuse),
        ),
    ),
  ]
})

const approval = (): Promise<boolean> =>
  new Promise((resolve) => {
    decide = resolve
    redraw(true)
  })

async function start(): Promise<void> {
  const device = await loadDevice()
  let session: DeviceSession | undefined
  const channel = new BroadcastChannel(channelName)

  async function answerTo(question: Question): Promise<Omit<Reply, 'replyTo'>> {
    switch (question.ask) {
      case 'hello':
        return {}
      case 'contribute':
        return { value: device.contribute(question.parameters) }
      case 'begin':
        session?.dispose()
        session = device.begin()
        return { value: { ad: session.ad } }
      case 'respond': {
        const approved = await approval()
        const current = session
        session = undefined
        if (!approved || current === undefined) {
          current?.dispose()
          return { refused: true }
        }
        return { value: current.respond(question.challenge) }
      }
    }
  }

  channel.onmessage = async ({ data }: MessageEvent<Question>) => {
    if (typeof data.ask !== 'string') return
    channel.postMessage({ ...(await answerTo(data)), replyTo: data.id } satisfies Reply)
  }
}

void start()
