import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine } from '../../bindings/loading/create-engine.js'
import { P256 } from '../params/P256.js'
import { Issuer } from '../uprove/issuance/issuer.js'
import { Prover } from '../uprove/issuance/prover.js'
import { verifyPresentation } from '../uprove/presentation/verification.js'
import type { Pool } from './pool.js'
import { attributes, collect, createTestPool } from './testing/fixtures.js'

describe.each(['wasm', 'bigint'] as const)('a pool over P-256 on %s', (backend) => {
  const allowVariableTime = backend === 'bigint'
  const count = backend === 'wasm' ? 60 : 3
  let pool: Pool

  beforeAll(async () => {
    pool = await createTestPool({ engine: { backend }, allowVariableTime })
  })
  afterAll(() => pool.dispose())

  it('issues, presents and verifies, and understands what a single thread makes', async () => {
    const curve = (await createEngine({ backend })).curve(P256)
    const options = { uid: 'urn:example:issuer', attributes: 3, recommended: P256, allowVariableTime }
    const issuer = Issuer.create(curve, options)
    const { parameters } = issuer
    const poolIssuer = pool.issuer(issuer)
    const session = await poolIssuer.begin({ attributes, count })
    const prover = await pool.beginProver(parameters, { attributes, count })
    const tokens = await prover.finish(await session.respond(await prover.respond(session.message1)))

    const single = Prover.begin(parameters, { attributes, allowVariableTime })
    const other = await poolIssuer.begin({ attributes })
    tokens.push(...single.finish(await other.respond(single.respond(other.message1))))

    const asked = { attributes, disclosed: [1], message: 'nonce' }
    const presented = await collect(
      pool.presentTokens(
        parameters,
        tokens.map((issued) => ({ issued, ...asked })),
      ),
    )
    const requests = presented.map(({ value }, i) => ({
      token: tokens[i]!.token,
      proof: value!.proof,
      message: 'nonce',
    }))
    const results = await collect(pool.verifyPresentations(parameters, requests))
    expect(results.map(({ valid }) => valid)).toEqual(tokens.map(() => true))
    const [first] = requests
    expect(verifyPresentation(parameters, first!.token, first!.proof, first!)).toMatchObject({ valid: true })

    const infinity = { ...first!.token, h: curve.identity }
    expect(await pool.verifyToken(parameters, infinity)).toEqual({ valid: false, code: 'token/h-not-in-subgroup' })
    const replayed = { ...first!, message: 'other' }
    expect(await collect(pool.verifyPresentations(parameters, [replayed]))).toEqual([
      { valid: false, code: 'presentation/proof' },
    ])
    await poolIssuer.dispose()
  }, 60_000)
})
