// Messages between the wallet and a second device, which another tab plays. A real one would be reached by Bluetooth or NFC; the
// messages would be the same.
import type { DeviceChallenge, DeviceContribution, IssuerParameters } from 'uprove-wasm'
import type { PresentationDevice } from 'uprove-wasm/ws-trust'
import { Failure, report } from '../shared/calls.js'

export const channelName = 'second device'
/** How long a device may take that is there, and how long the person may take who decides on it. */
const patience = { device: 3_000, person: 120_000 }

/** What a presentation shows, and to whom. */
export interface Summary {
  /** One presentation may need several responses. The person approves once. */
  readonly id: string
  readonly name: string
  readonly party: string
  readonly claims: readonly { readonly type: string; readonly value: string | null }[]
  readonly recognise: boolean
}

export type ToDevice =
  | { readonly ask: 'hello' }
  /** For issuing: its public key. */
  | { readonly ask: 'contribute'; readonly parameters: Pick<IssuerParameters, 'gd' | 'z'> }
  /** For presenting: its commitment, and after the person has approved its response. */
  | { readonly ask: 'begin' }
  | { readonly ask: 'respond'; readonly challenge: DeviceChallenge; readonly summary: Summary }
export type Question = ToDevice & { readonly id: string }
export interface Reply {
  readonly replyTo: string
  readonly value?: unknown
  readonly refused?: boolean
}

/** Asks the device, and waits for its answer. Throws `Failure` (`device-missing`, `device-late`, `device-refused`). */
function ask(question: ToDevice): Promise<unknown> {
  const channel = new BroadcastChannel(channelName)
  const id = crypto.randomUUID()
  return new Promise((resolve, reject) => {
    const [limit, code] =
      question.ask === 'respond' ? [patience.person, 'device-late'] : [patience.device, 'device-missing']
    const timer = setTimeout(() => reject(new Failure(code)), limit)
    channel.onmessage = ({ data }: MessageEvent<Reply>) => {
      if (data.replyTo !== id) return
      clearTimeout(timer)
      if (data.refused === true) reject(new Failure('device-refused'))
      else resolve(data.value)
    }
    channel.postMessage({ ...question, id })
  }).finally(() => channel.close())
}

export const isThere = (): Promise<boolean> =>
  ask({ ask: 'hello' }).then(
    () => true,
    () => false,
  )

export async function contribution({ gd, z }: IssuerParameters): Promise<DeviceContribution> {
  return (await ask({ ask: 'contribute', parameters: { gd, z } })) as DeviceContribution
}

/** The second device, for one presentation. */
export const secondDevice = (summary: Summary): PresentationDevice => ({
  async begin() {
    const { ad } = (await ask({ ask: 'begin' })) as { ad: Uint8Array }
    return {
      ad,
      respond: async (challenge) => {
        report(summary)
        return (await ask({ ask: 'respond', challenge, summary })) as Uint8Array
      },
      dispose: () => undefined,
    }
  },
})
