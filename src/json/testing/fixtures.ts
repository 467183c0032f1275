import { createEngine } from '../../../bindings/loading/create-engine.js'
import { UProveError } from '../../../bindings/errors.js'
import { P256 } from '../../params/P256.js'
import { P384 } from '../../params/P384.js'
import { P521 } from '../../params/P521.js'
import type { Issuer } from '../../uprove/issuance/issuer.js'
import { Prover } from '../../uprove/issuance/prover.js'
import { presentToken } from '../../uprove/presentation/presentation.js'
import type { PresentationProof } from '../../uprove/presentation/proof.js'
import type { IssuedToken } from '../../uprove/token/token.js'
import { createJsonIssuer, type CreateJsonIssuerOptions } from '../artefacts/keys.js'

export const engine = await createEngine()
export const curves = [P256, P384, P521] as const
export const algorithms = { 'P-256': 'UP256', 'P-384': 'UP384', 'P-521': 'UP521' } as const

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

export function jsonIssuer(recommended = P256, options: Partial<CreateJsonIssuerOptions> = {}): Issuer {
  const specification = { n: 3, expType: 'day', attrTypes: ['name', 'role', 'city'] } as const
  return createJsonIssuer(engine.curve(recommended), { recommended, specification, ...options })
}

export const attributes = ['Alice', 'member', 'Utrecht']

/** A token about `attributes`. */
export function issueOne(issuer: Issuer, tokenInformation = '{}'): IssuedToken {
  const contents = { attributes, tokenInformation }
  const session = issuer.begin(contents)
  const prover = Prover.begin(issuer.parameters, contents)
  const [held] = prover.finish(session.respond(prover.respond(session.message1)))
  return held!
}

/** A proof that discloses the role. */
export function present({ parameters }: Issuer, held: IssuedToken, message: Uint8Array): PresentationProof {
  return presentToken(parameters, held, { attributes, disclosed: [2], message }).proof
}

/** The code of the error that a call throws; what it returns, if it does. */
export function codeOf(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    if (error instanceof UProveError) return error.code
    throw error
  }
}
