import type { output } from 'zod'
import { UProveError } from '../../../bindings/errors.js'
import { isOwnFailure } from '../../ws-trust/soap/faults.js'
import { messageElement, readMessage } from '../../ws-trust/artefacts/presentation-message.js'
import type {
  AcceptedPresentation,
  RefusedPresentation,
  RelyingParty,
} from '../../ws-trust/presentation/relying-party.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXmlInSlices, type ParseOptions } from '../../xml/parse.js'
import type { HttpResponse } from '../../soap/http/http.js'
import { json, type Route } from '../http/http.js'
import { z } from '../packages.js'

const verification = z.strictObject({
  presentation: z.string().min(1),
  message: z.string().min(1).optional(),
})

export interface PresentationRoutesOptions {
  readonly relyingParty: Pick<RelyingParty, 'challenge' | 'verify'>
  /** The beginning of the routes' paths. */
  readonly path: string
  /** The limits of parsing a message. */
  readonly limits?: ParseOptions
  /** Octets of a presentation in JSON. Default: the host's limit. */
  readonly maxBody?: number
  readonly onVerdict?: (verdict: AcceptedPresentation | RefusedPresentation) => void
  /** Called with the error of a malformed request, and when the store has no room for a challenge. */
  readonly onRefused?: (error: unknown) => void
}

/**
 * A Relying Party in JSON. `POST challenge` answers `{ message }`, an up:Message with a nonce for one presentation. `POST verify`
 * takes `{ presentation, message? }`, the documents as strings, and answers the verdict: `{ valid: true, presentations, ... }`,
 * or `{ valid: false, code }`. A document that is no presentation token is refused with 400 and a code.
 */
export function presentationRoutes(options: PresentationRoutesOptions): Route[] {
  const { relyingParty, path, limits, maxBody, onVerdict, onRefused } = options
  const answering = async (answer: () => Promise<HttpResponse>): Promise<HttpResponse> => {
    try {
      return await answer()
    } catch (error) {
      if (!(error instanceof UProveError)) throw error
      const { code, message } = error
      const isFull = code === 'store/full'
      if (!isFull && isOwnFailure(error)) throw error
      onRefused?.(error)
      return isFull ? json(503, { code, message }, { 'retry-after': '60' }) : json(400, { code, message })
    }
  }
  return [
    {
      name: 'challenge',
      method: 'POST',
      path: `${path}/challenge`,
      maxBody: 1_024,
      handle: () =>
        answering(async () => {
          const message = await relyingParty.challenge()
          return json(200, { message: new TextDecoder().decode(canonicalize(messageElement(message))) })
        }),
    },
    {
      name: 'verify',
      method: 'POST',
      path: `${path}/verify`,
      maxBody,
      handle: async ({ headers, body }) => {
        if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) {
          return json(415, { code: 'request/media-type', message: 'The media type must be application/json.' })
        }
        const request = parse(body)
        if (request === undefined) {
          return json(400, { code: 'request/json', message: 'The body must be a JSON object with a presentation.' })
        }
        return answering(async () => {
          const given = request.message === undefined ? undefined : await parseXmlInSlices(request.message, limits)
          const message = given && readMessage(given)
          const verdict = await relyingParty.verify(request.presentation, message)
          onVerdict?.(verdict)
          return json(200, verdict)
        })
      },
    },
  ]
}

function parse(body: Uint8Array): output<typeof verification> | undefined {
  try {
    return verification.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))).data
  } catch {
    // The body is not UTF-8, or not JSON.
    return undefined
  }
}
