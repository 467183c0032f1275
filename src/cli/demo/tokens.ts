import { itemAt } from '../../../bindings/octets/lists.js'
import { createEngine, SoftwareDevice, type Engine } from '../../index.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { signDeviceParameters } from '../../ws-trust/artefacts/device-parameters.js'
import type { ProfileParameters } from '../../ws-trust/artefacts/issuer-parameters.js'
import { heldTokens, type TokenBatch } from '../../ws-trust/artefacts/held-tokens.js'
import { uriOf } from '../../ws-trust/syntax/identifiers.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXml } from '../../xml/parse.js'
import { ecdsaSha256 } from '../../xml/signature-algorithms.js'
import type { XmlElement } from '../../xml/tree.js'
import type { Verdict } from '../servers/relying-party.js'
import type { Clients } from './clients.js'
import type { DeviceIssuer } from './enrolment.js'
import { must, type Steps } from './steps.js'

interface Counts {
  readonly claimTokens: number
  readonly idTokens: number
}

/** Obtains tokens and presents them: over SOAP, in JSON, with a Device; accepted, tampered with, replayed. */
export async function useTokens(
  clients: Clients,
  { claimTokens, idTokens }: Counts,
  deviceIssuer: DeviceIssuer,
  steps: Steps,
): Promise<void> {
  const engine = await createEngine()
  try {
    const parameters = await steps.step(
      'Fetch and verify the Issuer parameters',
      () => clients.parameters(engine),
      ({ specification }) => `signed by ${specification.issuer}, certified by the authority`,
    )
    const batches = await steps.step(
      `Obtain ${claimTokens} claim, ${idTokens} ID tokens`,
      () => clients.obtain('alice', parameters, { claim: claimTokens, ID: idTokens }),
      (obtained) => `${countOf(obtained, 'claim')} and ${countOf(obtained, 'ID')} tokens, each verified`,
    )
    const isAll = countOf(batches, 'claim') === claimTokens && countOf(batches, 'ID') === idTokens
    must(isAll, 'the number of tokens differs from the request')
    await presentAll(clients, parameters, batches, steps)
    await useDevice(clients, parameters, deviceIssuer, engine, steps)
  } finally {
    engine.dispose()
  }
}

const countOf = (batches: readonly TokenBatch[], wanted: TokenBatch['tokenClass']): number =>
  heldTokens(batches).filter(({ tokenClass }) => tokenClass === wanted).length

/** `accepted` with the claims, if any, or the code of the refusal. */
function outcomeOf(verdict: Verdict): string {
  if (!verdict.valid) return `refused: ${verdict.code}`
  const claims = (verdict.presentations ?? []).flatMap((presented) =>
    presented.tokenClass === 'claim' ? presented.claims.map(({ value }) => value) : [],
  )
  return claims.length === 0 ? 'accepted' : `accepted: ${claims.join(', ')}`
}

/** The claims that the demo discloses. */
const disclosed = ({ specification }: ProfileParameters): string[] =>
  specification.claimTypes.filter((type) => /givenname|country/.test(type))

async function presentAll(
  clients: Clients,
  parameters: ProfileParameters,
  batches: readonly TokenBatch[],
  steps: Steps,
): Promise<void> {
  const tokens = heldTokens(batches)
  const check = async (title: string, expected: string, verify: () => Promise<Verdict>): Promise<void> => {
    const outcome = outcomeOf(await steps.step(title, verify, outcomeOf))
    must(outcome === expected, `${title}: ${outcome} instead of ${expected}`)
  }
  const own = await clients.present(itemAt(tokens, 0), parameters, disclosed(parameters))
  await check('SOAP: a presentation, tampered with', 'refused: presentation/proof', () =>
    clients.validate(tamperedWith(own)),
  )
  await check('SOAP: the presentation of two claims', 'accepted', () => clients.validate(own))
  await check('SOAP: the same again', 'refused: relying-party/replayed', () => clients.validate(own))

  const message = await steps.step(
    'JSON: a message to answer, with a nonce',
    () => clients.challenge(),
    ({ nonce }) => nonce,
  )
  const answer = await clients.present(itemAt(tokens, 1), parameters, disclosed(parameters), { message })
  await check('JSON: the answer, tampered with', 'refused: presentation/proof', () =>
    clients.verify(tamperedWith(answer), message),
  )
  await check('JSON: the answer', 'accepted: Alice, SE', () => clients.verify(answer, message))
  await check('JSON: the same again', 'refused: relying-party/nonce-used', () => clients.verify(answer, message))
}

/** A copy with another given name. */
function tamperedWith(presentation: XmlElement): XmlElement {
  const text = new TextDecoder().decode(canonicalize(presentation))
  const changed = text.replace('>Alice<', '>Mallory<')
  must(changed !== text, 'the presentation has no given name to change')
  return parseXml(changed)
}

/** A token that only a Device can present. */
async function useDevice(
  clients: Clients,
  parameters: ProfileParameters,
  { key, certificate }: DeviceIssuer,
  engine: Engine,
  steps: Steps,
): Promise<void> {
  const device = SoftwareDevice.create(engine.subgroup(L2048N256), L2048N256.gd)
  const described = { deviceGenerator: uriOf(L2048N256), hd: device.publicKey }
  const signing = { key, algorithm: ecdsaSha256, certificates: [certificate.der] }
  const requested = {
    contribution: device.contribute(parameters.parameters),
    parameters: await signDeviceParameters(described, 'device', signing),
  }
  const batches = await steps.step(
    'Obtain a token that a Device protects',
    () => clients.obtain('alice', parameters, { claim: 1, ID: 0 }, requested),
    (obtained) => `${countOf(obtained, 'claim')} token; its Device parameters are signed by Alice`,
  )
  const token = itemAt(heldTokens(batches), 0)
  const presentation = await clients.present(token, parameters, disclosed(parameters), { device })
  const verdict = await steps.step(
    'JSON: its presentation, with the Device',
    () => clients.verify(presentation),
    outcomeOf,
  )
  const isProtected = verdict.valid && verdict.presentations?.every(({ deviceProtected }) => deviceProtected) === true
  must(isProtected, 'the presentation is not accepted as Device-protected')
  device.dispose()
}
