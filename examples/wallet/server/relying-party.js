// A Relying Party: it says what it wants to know and why, gives a challenge, and judges the answer.
import { randomBytes } from 'node:crypto'
import { UProveError } from 'uprove-wasm'
import { readPresentationToken, RelyingParty } from 'uprove-wasm/ws-trust'
import { cookieFor, membersOf } from './http.js'

/**
 * What a Relying Party asks for, as its request says it. Texts are in the languages of the demonstration.
 * @typedef {{ en: string, de: string }} Text
 * @typedef {{ type: string, required: boolean, why: Text }} ClaimWish
 * @typedef {object} Policy
 * @property {string} name
 * @property {Text} purpose
 * @property {ClaimWish[]} claims
 * @property {{ required: boolean, why: Text }} [recognise] whether it wants to recognise the person next time
 * @property {Text} kept how long it keeps what it learns
 */

/** @type {Record<'shop' | 'forum', Policy>} */
export const policies = {
  shop: {
    name: 'Corner Cellar',
    purpose: { en: 'buy wine', de: 'Wein kaufen' },
    claims: [
      {
        type: 'urn:example:over-18',
        required: true,
        why: { en: 'We may sell wine to adults only.', de: 'Wein dürfen wir nur an Erwachsene verkaufen.' },
      },
      {
        type: 'urn:example:country',
        required: true,
        why: { en: 'The tax depends on it.', de: 'Davon hängt die Steuer ab.' },
      },
      {
        type: 'urn:example:given-name',
        required: false,
        why: { en: 'To greet you by name.', de: 'Um Sie mit Namen zu begrüßen.' },
      },
    ],
    recognise: {
      required: false,
      why: { en: 'To keep your basket for next time.', de: 'Um Ihren Warenkorb aufzuheben.' },
    },
    kept: { en: '30 days', de: '30 Tage' },
  },
  forum: {
    name: 'Tall Trees',
    purpose: { en: 'enter the gardening forum', de: 'das Gartenforum betreten' },
    claims: [
      {
        type: 'urn:example:country',
        required: false,
        why: { en: 'To show you gardens of your climate.', de: 'Um Ihnen Gärten Ihres Klimas zu zeigen.' },
      },
    ],
    recognise: {
      required: true,
      why: { en: 'So that your posts stay yours.', de: 'Damit Ihre Beiträge Ihre bleiben.' },
    },
    kept: { en: 'as long as you are a member', de: 'solange Sie Mitglied sind' },
  },
}

const mostTries = 20

/**
 * @param {Policy} policy
 * @param {string} own its origin, which is also its name in challenges
 * @param {import('uprove-wasm/ws-trust').ProfileParameters} parameters of the Claim Provider that it trusts
 * @param {(record: import('./ledger.js').Fact[]) => void} keep writes down what it learns
 */
export function createRelyingParty(policy, own, parameters, keep) {
  const required = policy.claims.filter((claim) => claim.required).map(({ type }) => type)
  const party = new RelyingParty({
    identifiers: [own],
    parameters: [parameters],
    policy: {
      claims: required.length === 0 ? [] : [{ claimTypes: required }],
      persistentIdentifier: policy.recognise?.required,
    },
  })
  /** Of each browser that was here: the message that it has to sign, and how often it has tried. */
  /** @type {Map<string, { message: import('uprove-wasm/ws-trust').PresentationMessage, tries: number }>} */
  const sessions = new Map()
  /** How often each member was here, by persistent identifier. @type {Map<string, number>} */
  const members = new Map()

  /**
   * Judges a presentation, and writes down what it says if it is right.
   * @param {string} presentation
   * @param {import('uprove-wasm/ws-trust').PresentationMessage} message
   * @param {string} address
   */
  async function judge(presentation, message, address) {
    const verdict = await party.verify(presentation, message)
    if (!verdict.valid) return { accepted: false, code: verdict.code }
    const [identifier] = verdict.presentations.flatMap((part) =>
      part.tokenClass === 'ID' ? [part.persistentIdentifier] : [],
    )
    const visits = identifier === undefined ? undefined : (members.get(identifier) ?? 0) + 1
    if (identifier !== undefined && visits !== undefined) members.set(identifier, visits)
    const hasDevice = verdict.presentations.every(({ deviceProtected }) => deviceProtected)
    const facts = factsOf(presentation, verdict, address)
    keep(facts)
    return { accepted: true, facts, visits, hasDevice }
  }

  /** @type {import('./http.js').Site['routes']} */
  const routes = {
    'GET /policy': () => ({ json: policy }),

    // The request, which the browser takes to the wallet.
    'POST /request': async () => {
      const message = await party.challenge()
      const session = randomBytes(32).toString('base64url')
      sessions.set(session, { message, tries: 0 })
      const signed = new TextDecoder().decode(message.octets)
      return {
        headers: cookieFor(session),
        json: { party: own, uidp: parameters.uidp, message: signed, ...policy },
      }
    },

    // The answer of the wallet, which the browser has brought back.
    'POST /present': async ({ body, session, address }) => {
      const known = sessions.get(session)
      if (known === undefined || known.tries++ >= mostTries) return { json: { accepted: false, code: 'no-request' } }
      try {
        return { json: await judge(String(membersOf(body)['presentation']), known.message, address) }
      } catch (error) {
        // It is no presentation at all.
        if (!(error instanceof UProveError)) throw error
        return { json: { accepted: false, code: error.code } }
      }
    },
  }

  return { routes, judge, challenge: () => party.challenge() }
}

/**
 * All that a Relying Party can write down about a visit.
 * @param {string} presentation
 * @param {import('uprove-wasm/ws-trust').AcceptedPresentation} verdict
 * @param {string} address
 * @returns {import('./ledger.js').Fact[]}
 */
function factsOf(presentation, verdict, address) {
  /** @type {import('./ledger.js').Fact[]} */
  const facts = []
  const written = readPresentationToken(presentation)
  for (const [i, part] of verdict.presentations.entries()) {
    const token = written.presentations[i]?.token
    if (token === undefined) continue
    const { h, sigmaZPrime, sigmaCPrime, sigmaRPrime, tokenInformation } = token
    if (part.tokenClass === 'claim') {
      facts.push(...part.claims.map(({ claimType, value }) => ({ kind: claimType, value: value ?? '' })))
      facts.push({ kind: 'token', value: part.tokenIdentifier })
    } else {
      facts.push({ kind: 'identifier', value: part.persistentIdentifier })
    }
    facts.push(
      ...[h, sigmaZPrime, sigmaCPrime, sigmaRPrime].map((octets) => ({
        kind: 'token',
        value: Buffer.from(octets).toString('base64'),
      })),
      { kind: 'expiry', value: tokenInformation.notOnOrAfter.toISOString().slice(0, 10) },
    )
  }
  facts.push({ kind: 'issuer', value: verdict.presentations[0]?.uidp ?? '' })
  facts.push({ kind: 'hour', value: new Date().toISOString().slice(0, 13) }, { kind: 'address', value: address })
  return facts
}
