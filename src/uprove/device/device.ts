import { isZero } from '../../../bindings/octets/integers.js'
import type { Element, Scalar, Group } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { hashAlgorithm, hashFormat, type HashAlgorithm, type HashAlgorithmOptions } from '../../hash/index.js'
import { memberFrom, type DeviceContribution } from '../parameters/contents.js'
import { ProtocolError } from '../errors.js'
import {
  copyOctets,
  equalOctets,
  octetsFrom,
  wipe,
  wipeOnFailure,
  type OctetsLike,
} from '../../../bindings/octets/octets.js'
import { rulesOf, type IssuerParameters } from '../parameters/parameters.js'
import { checkConstantTime, type VariableTimeOption } from '../parameters/policy.js'
import { pseudonymPowers, scopeGenerator } from './pseudonym.js'
import type { Revision } from '../parameters/revision.js'
import { objectFrom, require, requireOctets, isOctets } from '../../../bindings/octets/shape.js'
import { nonces, type KnownAnswer, type NonceOptions } from '../nonces.js'

/** A Device's commitment: its part of a presentation before the challenge. */
export interface DeviceCommitment {
  /** a_d = g_d^w_d'. */
  readonly ad: Uint8Array
  /** With a scope: a_p' = g_s^w_d' and P_s = g_s^x_d. */
  readonly pseudonym?: { readonly aPPrime: Uint8Array; readonly pS: Uint8Array }
}

/** What a Device signs: the Prover's digest (m_d' in Revision 1, c_p in Revision 3) and the message m_d for the Device. */
export interface DeviceChallenge {
  readonly revision: Revision
  readonly hash: HashAlgorithm
  readonly digest: Uint8Array
  readonly message: Uint8Array | null
}

/** A Device's side of one presentation. */
export interface DeviceSession extends DeviceCommitment {
  /**
   * r_d' = -c x_d + w_d', with c computed by the Device. Once only.
   *
   * Throws `ProtocolError` (`device/answered`, `device/disposed`), `InvalidInputError` (`device/hash`, `device/challenge`).
   */
  respond(challenge: DeviceChallenge): Uint8Array
  /** Wipes w_d'; done by `respond()` as well. */
  dispose(): void
}

/**
 * A Device as `presentToken()` uses it: one that answers at once. With a Device that does not (a smartcard, a service), use
 * `PresentationSession` and carry its commitment, challenge and response there and back.
 */
export interface Device {
  /** Begins a presentation; with a scope, also the Device's pseudonym there. */
  begin(scope?: OctetsLike): DeviceSession
}

export interface SoftwareDeviceOptions extends VariableTimeOption, HashAlgorithmOptions, NonceOptions {
  /** UID_H of the Issuer parameters that the Device is to work with. Default `'SHA-256'`. */
  readonly hash?: string
}

interface DeviceSetup {
  readonly generator: Element
  readonly hash: HashAlgorithm
  readonly nonces: NonceOptions
}

/** r_d' = -c x_d + w_d'. Section 7. */
export function computeRdPrime({ scalars }: Group, c: Scalar, xd: Scalar, wdPrime: Scalar): Scalar {
  return scalars.multiplyAdd(scalars.negate(c), xd, wdPrime)
}

/**
 * A Device in software: it holds a key x_d, which only this process protects.
 *
 * @example
 * ```ts
 * import { createEngine, Issuer, presentToken, Prover, SoftwareDevice, verifyPresentation } from 'uprove-wasm'
 * import { P256 } from 'uprove-wasm/params/P256'
 *
 * const group = (await createEngine()).curve(P256)
 * const issuer = Issuer.create(group, { uid: 'urn:example:1', attributes: 1, device: true, recommended: P256 })
 * const { parameters } = issuer
 * const device = SoftwareDevice.create(group, P256.gd)
 *
 * const attributes = ['citizen']
 * const session = issuer.begin({ attributes, count: 1, devicePublicKey: device.publicKey })
 * const prover = Prover.begin(parameters, { attributes, count: 1, device: device.contribute(parameters) })
 * const [held] = prover.finish(session.respond(prover.respond(session.message1)))
 * if (held === undefined) throw new Error('no tokens')
 *
 * const message = new TextEncoder().encode('a challenge')
 * const { proof } = presentToken(parameters, held, { attributes, disclosed: [1], message, device })
 * const verdict = verifyPresentation(parameters, held.token, proof, { message })
 * console.log(verdict.valid && verdict.deviceProtected) // true
 * ```
 */
export class SoftwareDevice implements Device {
  /** g_d. */
  readonly generator: Element
  /** h_d = g_d^x_d. */
  readonly publicKey: Element
  readonly #xd: Scalar
  readonly #hash: HashAlgorithm
  readonly #nonces: NonceOptions
  #disposed = false

  private constructor(
    readonly group: Group,
    { generator, hash, nonces: options }: DeviceSetup,
    xd: Scalar,
  ) {
    this.generator = generator
    this.#hash = hash
    this.#nonces = options
    this.#xd = xd
    this.publicKey = group.exponentiate(generator, xd)
  }

  /**
   * A Device with a new key. `generator` is g_d of the Issuer parameters it is to work with, such as `L2048N256.gd`.
   *
   * Throws `EngineError` (`engine/variable-time`), `InvalidInputError` (`device/generator`, `hash/...`).
   */
  static create(group: Group, generator: Uint8Array, options: SoftwareDeviceOptions = {}): SoftwareDevice {
    const setup = checkSetup(group, generator, options)
    const source = nonces(group.scalars, setup.nonces, { purpose: 'x_d', context: [setup.generator] })
    try {
      return wipeOnFailure((keep) => new SoftwareDevice(group, setup, keep(source.next())))
    } finally {
      source.dispose()
    }
  }

  /** A Device with a given key x_d. Throws like `create()`, and `InvalidInputError` (`scalar/...`). */
  static fromPrivateKey(
    group: Group,
    generator: Uint8Array,
    privateKey: Uint8Array,
    options: SoftwareDeviceOptions = {},
  ): SoftwareDevice {
    const setup = checkSetup(group, generator, options)
    return wipeOnFailure((keep) => {
      const xd = keep(group.scalars.from(privateKey))
      if (isZero(xd)) throw new InvalidInputError('scalar/zero', 'the private key of a Device must not be 0')
      return new SoftwareDevice(group, setup, xd)
    })
  }

  /** A copy of x_d. Wipe it after use. */
  exportPrivateKey(): Scalar {
    return copyOctets(this.#key())
  }

  /**
   * The Device's contribution to issuance, for `Prover.begin()`. In Revision 1 that includes zeta_d = z_d^x_d; z_d is checked
   * here even if the caller has checked it: a z_d outside G_q would reveal x_d modulo small orders. Section 9.
   *
   * Throws `InvalidInputError` (`device/other-generator`, `device/zd`).
   */
  contribute(parameters: Pick<IssuerParameters, 'gd' | 'z'>): DeviceContribution {
    const { gd, z } = parameters
    if (!isOctets(gd) || !equalOctets(gd, this.generator)) {
      throw new InvalidInputError(
        'device/other-generator',
        'g_d of the Issuer parameters differs from that of the Device',
      )
    }
    const hd = this.publicKey
    if (z === undefined) return { hd }
    const { zd } = objectFrom(z, 'device/zd', 'the z values')
    const element = memberFrom(this.group, zd, 'device/zd', 'z_d is missing, not in G_q, or 1')
    return { hd, zetaD: this.group.exponentiate(element, this.#key()) }
  }

  /** Begins a presentation. Takes w_d'. */
  begin(scope?: OctetsLike): DeviceSession {
    const { group } = this
    const xd = this.#key()
    // Computed from the scope. A g_s from the caller might not be in G_q.
    const octets = scope === undefined ? undefined : octetsFrom(scope, 'the scope')
    const gs = octets && scopeGenerator(group, octets, this.#hash)
    const source = nonces(group.scalars, this.#nonces, { purpose: "w_d'", secret: xd, context: [octets] })
    try {
      return wipeOnFailure((keep) => this.#session(xd, keep(source.next()), gs))
    } finally {
      source.dispose()
    }
  }

  /** Wipes x_d. */
  dispose(): void {
    this.#disposed = true
    wipe(this.#xd)
  }

  #session(xd: Scalar, wdPrime: Scalar, gs: Element | undefined): DeviceSession {
    const { group } = this
    let open = true
    const dispose = (): void => {
      open = false
      wipe(wdPrime)
    }
    const respond = (challenge: DeviceChallenge): Scalar => {
      // Read completely before the Device answers, so that a getter on the challenge cannot make it answer twice.
      const { revision, hash, digest: d, message: m } = objectFrom(challenge, 'device/challenge', 'the challenge')
      require([1, 3].includes(revision), 'device/challenge', 'the revision must be 1 or 3')
      requireOctets(d, 'device/challenge', 'the digest')
      if (m !== null) requireOctets(m, 'device/challenge', 'the message')
      const [digest, message] = [copyOctets(d), m && copyOctets(m)]
      if (!open) throw new ProtocolError('device/answered', 'the Device has already answered in this presentation')
      if (hash !== this.#hash) throw new InvalidInputError('device/hash', `the Device hashes with ${this.#hash}`)
      open = false
      try {
        const c = rulesOf(revision).challenge(() => hashFormat(hash), group.scalars, digest, message, true)
        return computeRdPrime(group, c, this.#key(), wdPrime)
      } finally {
        dispose()
      }
    }
    const powers = gs && pseudonymPowers(group, gs, xd, wdPrime)
    const pseudonym = powers && { aPPrime: powers.power, pS: powers.pS }
    return { ad: group.exponentiate(this.generator, wdPrime), pseudonym, respond, dispose }
  }

  #key(): Scalar {
    if (this.#disposed) throw new ProtocolError('device/disposed', 'the Device was used after dispose()')
    return this.#xd
  }
}

/** The options of a Device, checked before a key is drawn. */
function checkSetup(group: Group, generator: Uint8Array, options: SoftwareDeviceOptions): DeviceSetup {
  const { hash = 'SHA-256', random, knownAnswer, allowLegacy = false } = options
  checkConstantTime(group, options)
  const element = memberFrom(group, generator, 'device/generator', 'g_d is not in G_q, or is 1')
  // One iterator for all sessions: each scalar is used once.
  const known = knownAnswer && once(knownAnswer)
  return {
    generator: element,
    hash: hashAlgorithm(hash, { allowLegacy }),
    nonces: { random, knownAnswer: known },
  }
}

/** An iterator that several calls share: each value goes to one of them. */
function once(values: KnownAnswer): KnownAnswer {
  const iterator = values[Symbol.iterator]()
  return { [Symbol.iterator]: () => ({ next: () => iterator.next() }) }
}
