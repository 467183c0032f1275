import { type Engine, type Subgroup } from '../../../bindings/engine/engine.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXml } from '../../xml/parse.js'
import type { XmlElement } from '../../xml/tree.js'
import type { Principal } from '../issuance/backend.js'
import { ClaimProvider, type ClaimProviderOptions } from '../issuance/claim-provider.js'
import { createIssuer, type CreateIssuerOptions, type ProfileIssuer } from '../artefacts/issuer-parameters.js'
import type { XmlInput } from '../../xml/reader.js'
import type { TokenBatch } from '../artefacts/held-tokens.js'
import { TokenClient, type ObtainOptions, type TokenClientOptions } from '../issuance/token-client.js'

export { heldTokens } from '../artefacts/held-tokens.js'
import { createEngine } from '../../../bindings/loading/create-engine.js'

export const engine: Engine = await createEngine()
export const group: Subgroup = engine.subgroup(L2048N256)
export const sets = [L2048N256]

const CLAIMS = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/'
/** The claim types of the specification's example. */
export const [EMAIL, GIVEN_NAME, GENDER] = ['emailaddress', 'givenname', 'gender'].map((name) => CLAIMS + name) as [
  string,
  string,
  string,
]
export const claimTypes = [EMAIL, GIVEN_NAME, GENDER]
export const bob = ['bob@contoso.com', 'Bob', '1']

/** A clock that stands still until it is set. */
export function testClock(start = '2010-01-15T12:00:00Z'): { now: Date; readonly clock: () => Date } {
  const state = { now: new Date(start), clock: (): Date => state.now }
  return state
}

export const issuerOptions: CreateIssuerOptions = {
  uidp: 'http://fabrikam.com/ip1',
  issuer: 'http://fabrikam.com',
  notBefore: new Date('2009-04-16T00:40:02.781Z'),
  notOnOrAfter: new Date('2010-04-01T12:00:00Z'),
  claimTypes,
  recommended: L2048N256,
  device: true,
}

export function createTestIssuer(options: Partial<CreateIssuerOptions> = {}): ProfileIssuer {
  return createIssuer(group, { ...issuerOptions, ...options })
}

export const alice: Principal = { id: 'alice' }
export const mallory: Principal = { id: 'mallory' }

/** A Claim Provider and a client, at a standing clock. */
export function createParties(
  issuer: ProfileIssuer,
  options: {
    readonly provider?: Partial<ClaimProviderOptions<Principal>>
    readonly client?: Partial<TokenClientOptions>
    readonly time?: ReturnType<typeof testClock>
  } = {},
) {
  const time = options.time ?? testClock()
  const { clock } = time
  const provider = new ClaimProvider({ issuer, claims: () => bob, clock, ...options.provider })
  const client = new TokenClient({ parameters: issuer.parameters, clock, ...options.client })
  return { provider, client, time }
}

/** Carries messages as octets, as a network does. */
export function transportTo(
  provider: ClaimProvider,
  principal: Principal = alice,
): (message: XmlElement) => Promise<XmlInput> {
  let step = 0
  return async (message) => {
    const octets = canonicalize(message)
    const answer = step++ === 0 ? provider.request(principal, octets) : provider.respond(principal, octets)
    return canonicalize(await answer)
  }
}

export async function obtainTokens(
  issuer: ProfileIssuer,
  request: ObtainOptions,
  options: Parameters<typeof createParties>[1] = {},
): Promise<TokenBatch[]> {
  const { provider, client } = createParties(issuer, options)
  return client.obtain(request, transportTo(provider))
}

/** The code that an action fails with; `'accepted'` if it does not. */
export async function codeOf(action: () => unknown): Promise<string> {
  try {
    await action()
    return 'accepted'
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code)
    throw error
  }
}

export const xml = (element: XmlElement): string => new TextDecoder().decode(canonicalize(element))

/** A document with some text replaced, which must be there. */
export function edited(element: XmlElement, from: string | RegExp, to: string): XmlElement {
  const before = xml(element)
  const after = before.replace(from, to)
  if (before === after) throw new Error(`nothing to replace: ${String(from)}`)
  return parseXml(after)
}
