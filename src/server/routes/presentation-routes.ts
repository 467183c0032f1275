import { z } from 'zod'
import { UProveError } from '../../../bindings/errors.js'
import { isOwnFailure } from '../../ws-trust/soap/faults.js'
import { messageElement, readMessage } from '../../ws-trust/artefacts/presentation-message.js'
import type {
  AcceptedPresentation,
  RefusedPresentation,
  RelyingParty,
} from '../../ws-trust/presentation/relying-party.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXml } from '../../xml/parse.js'
import { json, type HttpResponse, type Route } from '../http/http.js'

const verification = z.strictObject({
  presentation: z.string().min(1),
  message: z.string().min(1).optional(),
})

export interface PresentationRoutesOptions {
  readonly relyingParty: RelyingParty
  /** Where the routes begin. */
  readonly path: string
  /** Octets of a presentation in JSON. Default: those of the host. */
  readonly maxBody?: number
  readonly onVerdict?: (verdict: AcceptedPresentation | RefusedPresentation) => void
}

/**
 * A Relying Party in JSON. `POST challenge` answers `{ message }`, an up:Message with a nonce for one presentation. `POST verify`
 * takes `{ presentation, message? }`, the documents as strings, and answers the verdict: `{ valid: true, presentations, ... }`,
 * or `{ valid: false, code }`. What is no presentation token at all is 400 with its code.
 */
export function presentationRoutes({ relyingParty, path, maxBody, onVerdict }: PresentationRoutesOptions): Route[] {
  return [
    {
      name: 'challenge',
      method: 'POST',
      path: `${path}/challenge`,
      maxBody: 1_024,
      handle: async () => {
        const message = await relyingParty.challenge()
        return json(200, { message: new TextDecoder().decode(canonicalize(messageElement(message))) })
      },
    },
    {
      name: 'verify',
      method: 'POST',
      path: `${path}/verify`,
      maxBody,
      handle: async ({ headers, body }) => {
        if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) {
          return json(415, { code: 'request/media-type', message: 'The media type has to be application/json.' })
        }
        const request = parse(body)
        if (request === undefined) {
          return json(400, { code: 'request/json', message: 'A JSON object with a presentation is wanted.' })
        }
        return orRefusal(async () => {
          const message = request.message === undefined ? undefined : readMessage(parseXml(request.message))
          const verdict = await relyingParty.verify(request.presentation, message)
          onVerdict?.(verdict)
          return json(200, verdict)
        })
      },
    },
  ]
}

function parse(body: Uint8Array): z.output<typeof verification> | undefined {
  try {
    return verification.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))).data
  } catch {
    // No UTF-8, or no JSON.
    return undefined
  }
}

async function orRefusal(answer: () => Promise<HttpResponse>): Promise<HttpResponse> {
  try {
    return await answer()
  } catch (error) {
    if (error instanceof UProveError && !isOwnFailure(error))
      return json(400, { code: error.code, message: error.message })
    throw error
  }
}
