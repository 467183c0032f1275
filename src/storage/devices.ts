import type { Group, Scalar } from '../../bindings/engine/engine.js'
import { wipe } from '../../bindings/octets/octets.js'
import { readText, type JsonInput } from '../json/syntax/reader.js'
import { hashAlgorithm, type HashAlgorithm } from '../hash/index.js'
import {
  SoftwareDevice,
  type DeviceChallenge,
  type DeviceCommitment,
  type SoftwareDeviceOptions,
} from '../uprove/device/device.js'
import { deviceElement, type DeviceContribution } from '../uprove/parameters/contents.js'
import type { IssuerParameters } from '../uprove/parameters/parameters.js'
import {
  nullable,
  object,
  octets,
  optional,
  readArtefact,
  writeArtefact,
  type ArtefactJson,
  type Form,
} from './form.js'
import { revision } from './parameters.js'

function contributionForm({ group }: IssuerParameters): Form<DeviceContribution> {
  const element = octets(group.elementLength)
  return object<DeviceContribution>({ hd: element, zetaD: optional(element) })
}

/**
 * A Device's public key h_d in JSON, as `device.contribute(parameters)` gives it, with zeta_d in Revision 1. It is public.
 * Throws `InvalidInputError` (`octets/type`).
 *
 * @example
 * ```ts
 * import { createEngine, Issuer, SoftwareDevice } from 'uprove-wasm'
 * import { devicePublicKeyFromJson, devicePublicKeyToJson } from 'uprove-wasm/storage'
 * import { P256 } from 'uprove-wasm/params/P256'
 *
 * const group = (await createEngine()).curve(P256)
 * const { parameters } = Issuer.create(group, { uid: 'urn:example:1', attributes: 1, device: true, recommended: P256 })
 * const device = SoftwareDevice.create(group, P256.gd)
 *
 * const text = JSON.stringify(devicePublicKeyToJson(parameters, device.contribute(parameters)))
 * const { hd } = devicePublicKeyFromJson(parameters, text)
 * console.log(hd.length) // 65
 * ```
 */
export function devicePublicKeyToJson(
  parameters: IssuerParameters,
  contribution: DeviceContribution,
): ArtefactJson<'uprove/device-public-key'> {
  return writeArtefact('uprove/device-public-key', contributionForm(parameters), contribution)
}

/**
 * Reads a Device's public key, and checks that it is in G_q.
 * Throws `JsonError` (`json/...`), `InvalidInputError` (`device/public-key`, `device/zeta-d`, `parameters/no-device`).
 */
export function devicePublicKeyFromJson(parameters: IssuerParameters, input: JsonInput): DeviceContribution {
  const { hd, zetaD } = readArtefact('uprove/device-public-key', contributionForm(parameters), input)
  const checked = { hd: deviceElement(parameters, 'public-key', hd) }
  return parameters.revision === 1 || zetaD !== undefined
    ? { ...checked, zetaD: deviceElement(parameters, 'zeta-d', zetaD) }
    : checked
}

interface DeviceKey {
  readonly generator: Uint8Array
  readonly privateKey: Uint8Array
}

function keyForm({ elementLength, scalarLength }: Group): Form<DeviceKey> {
  return object<DeviceKey>({ generator: octets(elementLength), privateKey: octets(scalarLength) })
}

/**
 * **Secret.** The private key x_d of a Device in software in JSON, with its generator. A string cannot be wiped: encrypt it where
 * it is kept, and let go of it. Throws `ProtocolError` (`device/disposed`).
 */
export function devicePrivateKeyToJson(device: SoftwareDevice): ArtefactJson<'uprove/device-private-key'> {
  const privateKey = device.exportPrivateKey()
  try {
    const { group, generator } = device
    return writeArtefact('uprove/device-private-key', keyForm(group), { generator, privateKey })
  } finally {
    wipe(privateKey)
  }
}

/**
 * A Device from what `devicePrivateKeyToJson` wrote. The hash is that of the options.
 * Throws `JsonError` (`json/...`), and like `SoftwareDevice.fromPrivateKey`.
 */
export function deviceFromPrivateKeyJson(
  group: Group,
  input: JsonInput,
  options: SoftwareDeviceOptions = {},
): SoftwareDevice {
  const { generator, privateKey } = readArtefact('uprove/device-private-key', keyForm(group), input)
  try {
    return SoftwareDevice.fromPrivateKey(group, generator, privateKey, options)
  } finally {
    wipe(privateKey)
  }
}

type DevicePseudonym = NonNullable<DeviceCommitment['pseudonym']>

function commitmentForm({ elementLength }: Group): Form<DeviceCommitment> {
  const element = octets(elementLength)
  const pseudonym = object<DevicePseudonym>({ aPPrime: element, pS: element })
  return object<DeviceCommitment>({ ad: element, pseudonym: optional(pseudonym) })
}

/** A Device's commitment in JSON: its part of a presentation before the challenge. Throws `InvalidInputError` (`octets/type`). */
export function deviceCommitmentToJson(
  group: Group,
  { ad, pseudonym }: DeviceCommitment,
): ArtefactJson<'uprove/device-commitment'> {
  return writeArtefact('uprove/device-commitment', commitmentForm(group), { ad, pseudonym })
}

/** Reads a Device's commitment; `PresentationSession.begin()` checks its values. Throws `JsonError` (`json/...`). */
export function deviceCommitmentFromJson(group: Group, input: JsonInput): DeviceCommitment {
  return readArtefact('uprove/device-commitment', commitmentForm(group), input)
}

const hash: Form<HashAlgorithm> = {
  write: (value) => value,
  // The Device compares it with its own.
  read: (json) => hashAlgorithm(readText(json), { allowLegacy: true }),
}

const challengeForm: Form<DeviceChallenge> = /* @__PURE__ */ object<DeviceChallenge>({
  revision,
  hash,
  digest: octets(),
  message: nullable(octets()),
})

/** The challenge of a Device in JSON. Throws `InvalidInputError` (`octets/type`). */
export function deviceChallengeToJson(challenge: DeviceChallenge): ArtefactJson<'uprove/device-challenge'> {
  return writeArtefact('uprove/device-challenge', challengeForm, challenge)
}

/** Reads a Device's challenge. Throws `JsonError` (`json/...`), `InvalidInputError` (`hash/unknown`, `parameters/revision`). */
export function deviceChallengeFromJson(input: JsonInput): DeviceChallenge {
  return readArtefact('uprove/device-challenge', challengeForm, input)
}

function responseForm({ scalarLength }: Group): Form<{ readonly rdPrime: Uint8Array }> {
  return object<{ readonly rdPrime: Uint8Array }>({ rdPrime: octets(scalarLength) })
}

/** A Device's response r_d' in JSON. Throws `InvalidInputError` (`octets/type`). */
export function deviceResponseToJson(group: Group, rdPrime: Uint8Array): ArtefactJson<'uprove/device-response'> {
  return writeArtefact('uprove/device-response', responseForm(group), { rdPrime })
}

/** Reads a Device's response. Throws `JsonError` (`json/...`), `InvalidInputError` (`scalar/range`). */
export function deviceResponseFromJson(group: Group, input: JsonInput): Scalar {
  return group.scalars.from(readArtefact('uprove/device-response', responseForm(group), input).rdPrime)
}
