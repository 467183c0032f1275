import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { wipe } from '../../../bindings/octets/octets.js'
import { SoftwareDevice, type Engine } from '../../index.js'
import { decodePems } from '../../pki/asn1/pem.js'
import { signDeviceParameters } from '../../ws-trust/artefacts/device-parameters.js'
import type { ProfileParameters } from '../../ws-trust/artefacts/issuer-parameters.js'
import type { RequestedDevice } from '../../ws-trust/issuance/token-client.js'
import { uriOf } from '../../ws-trust/syntax/identifiers.js'
import { decodeBase64, encodeBase64 } from '../../../bindings/octets/base64.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXml } from '../../xml/parse.js'
import { profileGroup } from '../command/profile-group.js'
import type { Stream } from '../command/terminal.js'
import { UsageError } from '../errors.js'
import { readSecretText, readText, writeFileWhole } from '../files/files.js'
import { readSigningKey } from '../files/private-key-file.js'

/** The file of the signed Device parameters that belongs to the file of a Device. */
export const deviceParametersBeside = (device: string): string => `${device}.xml`

/** The issuer of a Device: the files of its certificate with the chain, and of its private key. */
export interface DeviceIssuer {
  readonly cert: string
  readonly key: string
}

/**
 * Makes a Device in software: writes its private key to a file, and its parameters, which the Device issuer signs, beside it.
 * Returns h_d. Throws `UsageError`, `FailureError`, `PkiError`.
 */
export async function createDevice(
  file: string,
  setName: string,
  { cert, key }: DeviceIssuer,
  engine: Engine,
  err: Stream,
): Promise<Uint8Array> {
  const set = profileGroup(setName)
  const certificates = decodePems('CERTIFICATE', await readText(cert))
  if (certificates.length === 0) throw new UsageError(`${cert} contains no certificate`)
  const signing = await readSigningKey(key, err)
  const device = SoftwareDevice.create(engine.subgroup(set), set.gd)
  const privateKey = device.exportPrivateKey()
  try {
    const parameters = { deviceGenerator: uriOf(set), hd: device.publicKey }
    const id = `device-${randomBytes(16).toString('hex')}`
    const signed = await signDeviceParameters(parameters, id, { ...signing, certificates })
    const contents: DeviceFile = { set: set.name, privateKey: encodeBase64(privateKey) }
    await writeFileWhole(file, `${JSON.stringify(contents, undefined, 2)}\n`, { secret: true })
    await writeFileWhole(deviceParametersBeside(file), canonicalize(signed))
    return device.publicKey
  } finally {
    wipe(privateKey)
    device.dispose()
  }
}

interface DeviceFile {
  readonly set: string
  /** x_d, in base64. */
  readonly privateKey: string
}

/** The Device in a file, ready for tokens under Issuer parameters. Throws `UsageError` if it does not fit them. */
export async function openDevice(
  file: string,
  { parameters, deviceGenerator }: ProfileParameters,
  err: Stream,
): Promise<SoftwareDevice> {
  const { set: name, privateKey } = readDeviceFile(file, await readSecretText(file, err))
  const set = profileGroup(name)
  if (deviceGenerator !== uriOf(set)) {
    const other = deviceGenerator === undefined ? 'support no Devices' : 'use another group'
    throw new UsageError(`the Device in ${file} is for ${name}, and the Issuer parameters ${other}`)
  }
  try {
    return SoftwareDevice.fromPrivateKey(parameters.group, set.gd, privateKey, { hash: parameters.hash })
  } finally {
    wipe(privateKey)
  }
}

function readDeviceFile(file: string, text: string): { readonly set: string; readonly privateKey: Uint8Array } {
  try {
    const { set, privateKey } = JSON.parse(text) as Record<string, unknown>
    const octets = typeof privateKey === 'string' ? decodeBase64(privateKey) : undefined
    if (typeof set === 'string' && octets !== undefined) return { set, privateKey: octets }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new UsageError(`${file} is not a Device of \`uprove device create\``)
}

/** The Device as a request for tokens names it. Without a file of parameters the Claim Provider must know the Device. */
export async function requestedDevice(
  file: string,
  device: SoftwareDevice,
  { parameters }: ProfileParameters,
): Promise<RequestedDevice> {
  const beside = deviceParametersBeside(file)
  return {
    contribution: device.contribute(parameters),
    parameters: existsSync(beside) ? parseXml(await readText(beside)) : undefined,
  }
}
