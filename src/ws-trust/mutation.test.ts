import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UProveError } from '../../bindings/errors.js'
import { ecdsaSha256 } from '../xml/signature-algorithms.js'
import type { SignOptions } from '../xml/signature.js'
import type { XmlElement } from '../xml/tree.js'
import { signDeviceParameters, verifyDeviceParameters } from './artefacts/device-parameters.js'
import { loadIssuerParameters, signIssuerParameters } from './artefacts/issuer-parameters.js'
import { readFirstResponse, readSecondResponse, readThirdResponse, readTokenRequest } from './issuance/messages.js'
import type { HeldToken } from './artefacts/held-tokens.js'
import { createPresentationToken } from './presentation/present.js'
import { readPresentationToken } from './artefacts/presentation-token.js'
import { RelyingParty } from './presentation/relying-party.js'
import { makeCertificate } from './testing/certificates.js'
import {
  alice,
  createParties,
  createTestIssuer,
  EMAIL,
  engine,
  group,
  heldTokens,
  obtainTokens,
  sets,
  testClock,
} from './testing/fixtures.js'
import { mutations } from './testing/mutations.js'
import { certificateTrust, EXTENDED_KEY_USAGE, type SigningPurpose } from './trust/signer.js'

const issuer = createTestIssuer()
const { parameters: profile } = issuer
const { clock } = testClock()

type Mutate = (element: XmlElement) => string
type Input = XmlElement | string

/** What a party did with a document and its mutant. */
interface Outcome {
  readonly original: XmlElement
  readonly mutant: string
}

/**
 * Lets a party have mutants. Errors with a code are refusals, others are crashes; what passes must say the same as the
 * original. Most are refused, or there would be little to see.
 */
async function expectMutantsRefused(
  numRuns: number,
  read: (input: Input) => unknown,
  use: (mutate: Mutate) => Promise<Outcome | undefined>,
): Promise<void> {
  let refused = 0
  const property = fc.asyncProperty(mutations, async (mutate) => {
    try {
      const passed = await use(mutate)
      if (passed === undefined) refused++
      else expect(read(passed.mutant)).toEqual(read(passed.original))
    } catch (error) {
      if (!(error instanceof UProveError)) throw error
      refused++
    }
  })
  await fc.assert(property, { numRuns })
  expect(refused).toBeGreaterThan(numRuns / 2)
}

/** An exchange with one of its messages changed, to its end. */
async function exchangeWith(step: 'first' | 'second' | 'third', mutate: Mutate): Promise<Outcome> {
  const { provider, client } = createParties(issuer)
  const exchange = client.begin({ claim: 1, ID: 1 })
  let outcome: Outcome | undefined
  const carry = (own: typeof step, original: XmlElement): Input => {
    if (own !== step) return original
    outcome = { original, mutant: mutate(original) }
    return outcome.mutant
  }
  try {
    const first = await provider.request(alice, exchange.request)
    const second = exchange.respond(carry('first', first))
    const third = await provider.respond(alice, carry('second', second))
    exchange.finish(carry('third', third))
    return outcome!
  } finally {
    exchange.dispose()
  }
}

describe('mutants of valid messages never crash a party, and never pass', () => {
  it('presentation tokens', async () => {
    const held = heldTokens(await obtainTokens(issuer, { claim: 1, ID: 1 })) as [HeldToken, HeldToken]
    const original = await createPresentationToken({
      relyingParty: 'urn:contoso',
      tokens: held.map((token) => ({ token, parameters: profile, disclose: [EMAIL] })),
      clock,
    })
    const verify = (input: Input) =>
      new RelyingParty({ identifiers: ['urn:contoso'], parameters: [profile], clock }).verify(input)
    expect(await verify(original)).toMatchObject({ valid: true })
    await expectMutantsRefused(400, readPresentationToken, async (mutate) => {
      const mutant = mutate(original)
      // Presentations stand each for itself: leaving one out leaves the others as true as they were.
      const { message, presentations } = readPresentationToken(original)
      const dropsOnly = (): boolean => {
        const left = readPresentationToken(mutant)
        const among = left.presentations.every((one) => presentations.some((other) => isDeepStrictEqual(one, other)))
        return among && left.presentations.length < presentations.length && isDeepStrictEqual(left.message, message)
      }
      return (await verify(mutant)).valid && !dropsOnly() ? { original, mutant } : undefined
    })
  })

  it('first responses', () => expectMutantsRefused(120, readFirstResponse, (mutate) => exchangeWith('first', mutate)))
  it('second responses', () =>
    expectMutantsRefused(120, readSecondResponse, (mutate) => exchangeWith('second', mutate)))
  it('third responses', () => expectMutantsRefused(120, readThirdResponse, (mutate) => exchangeWith('third', mutate)))

  it('token requests, which are only what they say', async () => {
    const { request: original } = createParties(issuer).client.begin({ claim: 1, ID: 1 })
    await expectMutantsRefused(200, readTokenRequest, async (mutate) => {
      const mutant = mutate(original)
      const first = readFirstResponse(await createParties(issuer).provider.request(alice, mutant))
      const { context, instances } = readTokenRequest(mutant)
      expect(first.context).toBe(context)
      const granted = first.instances.map(({ tokenClass, tokenCount }) => ({ tokenClass, tokenCount }))
      const asked = instances?.filter(({ tokenCount }) => tokenCount > 0)
      if (granted.every(({ tokenCount }) => tokenCount < 100)) expect(granted).toEqual(asked ?? granted)
      return undefined
    })
  })

  it('signed artefacts', async () => {
    const root = await makeCertificate({ subject: 'Root', ca: true })
    const trust = certificateTrust({ anchors: [root.der], clock })
    const signingFor = async (purpose: SigningPurpose): Promise<SignOptions> => {
      const options = { subject: 'S', extendedKeyUsage: [EXTENDED_KEY_USAGE[purpose]], uris: ['http://fabrikam.com'] }
      const certificate = await makeCertificate({ ...options, issuer: root })
      return { key: certificate.keys.privateKey, algorithm: ecdsaSha256, certificates: [certificate.der] }
    }
    const parameters = await signIssuerParameters(profile, {
      ...(await signingFor('issuer-parameters')),
      recommended: sets[0]!,
    })
    const load = async (input: Input) => {
      const { parameters: loaded } = await loadIssuerParameters(input, { engine, sets, trust })
      loaded.group.dispose()
      return loaded.values()
    }
    const device = { deviceGenerator: profile.deviceGenerator!, hd: group.generator }
    const deviceParameters = await signDeviceParameters(device, 'device', await signingFor('device-parameters'))
    const verify = (input: Input) => verifyDeviceParameters(input, trust)

    for (const [original, use] of [
      [parameters, load],
      [deviceParameters, verify],
    ] as const) {
      const meaning = await use(original)
      await expectMutantsRefused(
        250,
        () => undefined,
        async (mutate) => {
          const mutant = mutate(original)
          expect(await use(mutant)).toEqual(meaning)
          return { original, mutant }
        },
      )
    }
  })
})
