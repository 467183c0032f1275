// Messages between the wallet and a second device, which another tab plays. A real one would be reached by Bluetooth or NFC; the
// messages would be the same.
import type { DeviceChallenge, DeviceContribution, IssuerParameters } from 'uprove-wasm'
import type { PresentationDevice } from 'uprove-wasm/ws-trust'
import { Failure } from '../shared/calls.js'

export const channelName = 'second device'
const patience = 1_500

export type ToDevice =
  | { readonly ask: 'hello' }
  /** For issuing: its public key. */
  | { readonly ask: 'contribute'; readonly parameters: Pick<IssuerParameters, 'gd' | 'z'> }
  /** For presenting: its commitment, and after the person has approved its response. */
  | { readonly ask: 'begin' }
  | { readonly ask: 'respond'; readonly challenge: DeviceChallenge }
export type Question = ToDevice & { readonly id: string }
export interface Reply {
  readonly replyTo: string
  readonly value?: unknown
  readonly refused?: boolean
}

/** Asks the device, and waits: as long as a person needs for `respond`, else not for long. Throws `Failure` (`device-...`). */
function ask(question: ToDevice): Promise<unknown> {
  const channel = new BroadcastChannel(channelName)
  const id = crypto.randomUUID()
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Failure('device-missing')),
      question.ask === 'respond' ? 120_000 : patience,
    )
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

export const secondDevice: PresentationDevice = {
  async begin() {
    const { ad } = (await ask({ ask: 'begin' })) as { ad: Uint8Array }
    return {
      ad,
      respond: async (challenge) => (await ask({ ask: 'respond', challenge })) as Uint8Array,
      dispose: () => undefined,
    }
  },
}
