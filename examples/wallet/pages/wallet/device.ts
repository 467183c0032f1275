// A tab that plays the person's phone: it has a key of its own, without which tokens that are bound to it cannot be shown.
import { createEngine, SoftwareDevice, type DeviceSession } from 'uprove-wasm'
import { L2048N256 } from 'uprove-wasm/params/L2048N256'
import { actions, h, page, say } from '../shared/dom.js'
import { texts } from '../shared/language.js'
import { channelName, type Question, type Reply, type Summary } from './second-device.js'
import { summaryView } from './summary.js'

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

let isListening = false
/** What waits for the person. The phone sees a digest of it only, so it has to believe what the wallet says of it. */
let asked: { readonly summary: Summary; readonly decide: (approved: boolean) => void } | undefined

const who = () => ({ name: texts().phone.title, role: texts().phone.role })

const { redraw } = page(() => {
  const { phone } = texts()
  if (asked === undefined) {
    return [
      h('h1', {}, phone.title),
      h('p', {}, phone.lead),
      h('section', { class: 'card' }, h('p', {}, isListening ? phone.idle : phone.starting)),
    ]
  }
  const { summary, decide } = asked
  const answer = (approved: boolean) => () => {
    asked = undefined
    decide(approved)
    redraw(true)
    say(approved ? phone.approved : phone.refused)
  }
  return [
    h('h1', {}, phone.asks(summary.name)),
    h('p', {}, phone.asksText),
    h(
      'section',
      { class: 'card goes' },
      summaryView(summary),
      actions(
        h('button', { class: 'primary', click: answer(true) }, phone.approve),
        h('button', { click: answer(false) }, phone.refuse),
      ),
    ),
  ]
}, who)

const approval = (summary: Summary): Promise<boolean> =>
  new Promise((decide) => {
    asked = { summary, decide }
    say('')
    redraw(true)
  })

async function start(): Promise<void> {
  const device = await loadDevice()
  let session: DeviceSession | undefined
  let approved: string | undefined
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
        const { summary, challenge } = question
        if (approved !== summary.id) approved = (await approval(summary)) ? summary.id : undefined
        const current = session
        session = undefined
        if (approved === undefined || current === undefined) {
          current?.dispose()
          return { refused: true }
        }
        return { value: current.respond(challenge) }
      }
    }
  }

  channel.onmessage = async ({ data }: MessageEvent<Question>) => {
    if (typeof data.ask !== 'string') return
    channel.postMessage({ ...(await answerTo(data)), replyTo: data.id } satisfies Reply)
  }
  isListening = true
  redraw()
}

void start()
