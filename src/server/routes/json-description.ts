import { PATHS } from '../deployment/paths.js'

const base64url = { type: 'string', pattern: '^[A-Za-z0-9_-]*$' } as const
const text = { type: 'string' } as const

function object(properties: Readonly<Record<string, object>>, optional: readonly string[] = []): object {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', properties, required, additionalProperties: false }
}

const list = (items: object): object => ({ type: 'array', items })

/** The documents of the JSON Framework over HTTP, by name. */
const SCHEMAS = {
  JwkSet: object({
    keys: list(
      object(
        {
          ...{ kty: { const: 'UP' }, alg: { enum: ['UP256', 'UP384', 'UP521'] }, kid: base64url, g0: base64url },
          ...{ e: list({ enum: [0, 1] }), spec: base64url },
        },
        ['e'],
      ),
    ),
  }),
  TokenRequest: object({ n: { type: 'integer', minimum: 1 } }),
  TokenOffer: object(
    {
      ...{ sID: text, TI: base64url, A: list(base64url) },
      msg: object({ sZ: base64url, sA: list(base64url), sB: list(base64url) }),
    },
    ['A'],
  ),
  SecondMessage: object({ sID: text, msg: object({ sC: list(base64url) }) }),
  ThirdMessage: object({ sID: text, msg: object({ sR: list(base64url) }) }),
  Challenge: object({ aud: text, nonce: text, req: text, data: text }, ['req', 'data']),
  Presentation: object({
    presentation: { type: 'string', description: 'A compact JWS, whose message is the challenge.' },
  }),
  Accepted: object(
    {
      valid: { const: true },
      claims: list(object({ index: { type: 'integer', minimum: 1 }, claimType: text, value: text })),
      ...{ issuer: text, expires: { type: 'string', format: 'date-time' }, signedData: text },
    },
    ['issuer', 'expires', 'signedData'],
  ),
  Refused: object({ valid: { const: false }, code: text }),
  Problem: object({ code: text, message: text }),
}

type Name = keyof typeof SCHEMAS

/** Content in JSON, of one of these schemas. */
function content(...names: readonly Name[]): object {
  const schemas = names.map((name) => ({ $ref: `#/components/schemas/${name}` }))
  return { content: { 'application/json': { schema: schemas.length === 1 ? schemas[0] : { oneOf: schemas } } } }
}

function response(description: string, ...names: readonly Name[]): object {
  return { description, ...content(...names) }
}

const refusals = {
  400: response('The document was refused.', 'Problem'),
  415: response('The media type is not application/json.', 'Problem'),
}
const busy = { 503: response('Too many exchanges or challenges are open. Try again later.', 'Problem') }

/** The description of the routes of `jsonRoutes`, in OpenAPI 3.1. */
export function describeJson(url: string): object {
  const path = PATHS.jsonFramework
  return {
    openapi: '3.1.0',
    info: {
      title: 'U-Prove tokens in JSON',
      version: '1',
      description: 'The U-Prove JSON Framework over HTTP: keys, issuance and presentation.',
    },
    servers: [{ url }],
    paths: {
      [PATHS.keySet]: {
        get: { summary: 'The Issuer parameters', responses: { 200: response('A JWK set.', 'JwkSet') } },
      },
      [`${path}/openapi.json`]: {
        get: { summary: 'This description', responses: { 200: { description: 'A document of OpenAPI 3.1.' } } },
      },
      [`${path}/issue`]: {
        post: {
          summary: 'A request for tokens, then the second message',
          security: [{ account: [] }],
          requestBody: { required: true, ...content('TokenRequest', 'SecondMessage') },
          responses: {
            200: response('The offer with the first message, or the third message.', 'TokenOffer', 'ThirdMessage'),
            ...refusals,
            401: response('The client is not authenticated.', 'Problem'),
            429: response('The account asks too often.', 'Problem'),
            ...busy,
          },
        },
      },
      [`${path}/challenge`]: {
        post: {
          summary: 'A challenge for one presentation',
          description: 'The message that the presentation signs is the text of the response, character by character.',
          responses: { 200: response('A challenge.', 'Challenge'), ...busy },
        },
      },
      [`${path}/verify`]: {
        post: {
          summary: 'The verdict on a presentation',
          requestBody: { required: true, ...content('Presentation') },
          responses: { 200: response('The verdict.', 'Accepted', 'Refused'), ...refusals },
        },
      },
      [`${path}/claims`]: {
        get: {
          summary: 'What a presentation in the Authorization header discloses',
          security: [{ presentation: [] }],
          responses: {
            200: response('The verdict.', 'Accepted'),
            400: refusals[400],
            401: response('A presentation is required; the challenge is in WWW-Authenticate.', 'Problem'),
            ...busy,
          },
        },
      },
    },
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        account: { type: 'http', scheme: 'basic' },
        presentation: { type: 'http', scheme: 'U-Prove' },
      },
    },
  }
}
