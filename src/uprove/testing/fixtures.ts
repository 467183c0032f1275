import { toBigint, toFixedWidth } from '../../../bindings/octets/integers.js'
import type { Element, FixedBase, Scalar, Subgroup } from '../../../bindings/engine/engine.js'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import { known } from '../../../bindings/octets/lists.js'
import { elementOfOrder } from '../../../bindings/testing/small-order.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { SoftwareDevice, type SoftwareDeviceOptions } from '../device/device.js'
import type { KnownAnswer } from '../nonces.js'
import type { Attribute } from '../parameters/attributes.js'
import type { DeviceContribution } from '../parameters/contents.js'
import { Issuer } from '../issuance/issuer.js'
import type { IssuerOptions } from '../issuance/issuer.js'
import { Prover } from '../issuance/prover.js'
import type { Revision } from '../parameters/revision.js'
import type { IssuedToken } from '../token/token.js'

/** What lets the tests run where there is no WebAssembly. */
export const allowVariableTime = true
/** On the best kernel that works here; `backends.test.ts` has the others do the same. */
export const group: Subgroup = (await createEngine()).subgroup(L2048N256)
export const revisions: readonly Revision[] = [1, 3]

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
export const scalar = (value: bigint): Scalar => toFixedWidth(value, group.scalarLength) as Scalar

/** Plays back copies of scalars, for known answers. */
export function replay(...scalars: readonly Uint8Array[]): KnownAnswer & { readonly left: number } {
  const queue = [...scalars]
  return {
    get left() {
      return queue.length
    },
    [Symbol.iterator]: () => ({
      next: () => {
        const value = queue.shift()?.slice()
        return value === undefined ? { done: true, value } : { value }
      },
    }),
  }
}

/** Random scalars that are kept: a copy of each, and the very array that was handed out. Fails after `limit` of them. */
export function recorded(limit = Infinity): KnownAnswer & { readonly copies: Scalar[]; readonly originals: Scalar[] } {
  const copies: Scalar[] = []
  const originals: Scalar[] = []
  const next = () => {
    if (copies.length === limit) throw new RangeError('the random source is exhausted')
    const value = group.scalars.random()
    copies.push(value.slice() as Scalar)
    originals.push(value)
    return { value }
  }
  return { copies, originals, [Symbol.iterator]: () => ({ next }) }
}

/** The same value with one bit flipped, the lowest unless told otherwise. */
export function flipped<T extends Uint8Array>(octets: T, index = octets.length - 1): T {
  const copy = octets.slice() as T
  copy[index]! ^= 1
  return copy
}

/** The order of the small subgroup that the small factors of p - 1 make, and some of its divisors. */
export const smallOrders: readonly (readonly number[])[] = [[2], [13], [2, 13, 17, 23, 29]]

const small = new Map<string, bigint>()

/** x times an element of small order: not in G_q. */
export function outside(x: Uint8Array, ...primes: readonly number[]): Element {
  const key = primes.join()
  const factor = small.get(key) ?? toBigint(elementOfOrder(L2048N256, ...primes))
  small.set(key, factor)
  return toFixedWidth((toBigint(x) * factor) % group.p, x.length) as Element
}

export function createIssuer(options: Partial<IssuerOptions> = {}): Issuer {
  const defaults = { uid: 'urn:example:issuer', attributes: 3, recommended: L2048N256, allowVariableTime }
  return Issuer.create(group, { ...defaults, ...options })
}

/** A Device with a new key, for the parameters of `createIssuer({ device: true })`. */
export function createDevice(options: SoftwareDeviceOptions = {}): SoftwareDevice {
  return SoftwareDevice.create(group, L2048N256.gd, { allowVariableTime, ...options })
}

export interface Contents {
  readonly attributes: readonly Attribute[]
  readonly tokenInformation?: string
  readonly device?: DeviceContribution
  readonly count?: number
}

/** Both sides of an exchange, begun, with scalars of their own or those that are given. */
export function beginExchange(
  issuer: Issuer,
  contents: Contents,
  { ofIssuer, ofProver }: { readonly ofIssuer?: KnownAnswer; readonly ofProver?: KnownAnswer } = {},
) {
  const issuing = issuer.begin({ ...contents, devicePublicKey: contents.device?.hd, knownAnswer: ofIssuer })
  const ownOptions = { proverInformation: 'PI', allowVariableTime, knownAnswer: ofProver }
  const prover = Prover.begin(issuer.parameters, { ...contents, ...ownOptions })
  return { issuing, prover }
}

/** A whole exchange. */
export function issue(issuer: Issuer, contents: Contents): IssuedToken[] {
  const { issuing, prover } = beginExchange(issuer, contents)
  return prover.finish(issuing.respond(prover.respond(issuing.message1)))
}

/** The token of a whole exchange for one, or its first. */
export function issueOne(issuer: Issuer, contents: Contents): IssuedToken {
  return known(issue(issuer, contents)[0])
}

/** An Issuer, a Device, and two tokens with the same contents: `issued` needs the Device, `software` none. */
export function issueWithDevice(contents: Contents, options: Partial<IssuerOptions> = {}) {
  const issuer = createIssuer({ device: true, ...options })
  const { parameters } = issuer
  const device = createDevice()
  const contribution = device.contribute(parameters)
  const software = issueOne(issuer, contents)
  const issued = issueOne(issuer, { ...contents, device: contribution })
  return { issuer, parameters, device, contribution, software, issued }
}

/** Whether a table of powers was disposed of. */
export function isFreed(table: FixedBase): boolean {
  return errorCode(() => table.exponentiateVartime(group.scalars.one)) === 'engine/disposed'
}

/** The code of the error that `action` throws; undefined if it throws none. */
export function errorCode(action: () => unknown): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code)
    throw error
  }
}
