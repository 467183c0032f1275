import { describe, expect, it } from 'vitest'
import { createEngine } from '../../bindings/loading/create-engine.js'
import { L2048N256 } from '../../src/params/L2048N256.js'
import { hasPostgres } from '../../src/store/testing/postgres.js'
import { equalOctets } from '../../bindings/octets/octets.js'
import { issuerFromSeed } from '../../src/store/testing/deployment.js'
import { keyFromAnswers, killNodes } from './kill.js'

describe('two answers with one w', () => {
  it('give the private key away, and answers with two do not', async () => {
    const engine = await createEngine()
    const { issuer } = issuerFromSeed(engine.subgroup(L2048N256), 'two answers')
    const { parameters } = issuer
    const { scalars } = parameters.group
    const stateOfNewExchange = () => issuer.beginExchange({ attributes: ['value'] }).state
    const answer = (state: Uint8Array) => {
      const sigmaC = scalars.random()
      const { sigmaR } = issuer.respondTo(state.slice(), { sigmaC: [sigmaC] })
      return { sigmaC, sigmaR: sigmaR[0]! }
    }
    const state = stateOfNewExchange()
    const first = answer(state)
    const key = keyFromAnswers(parameters, first, answer(state))
    expect(equalOctets(key!, issuer.exportPrivateKey())).toBe(true)
    expect(keyFromAnswers(parameters, first, first)).toBeUndefined()
    expect(keyFromAnswers(parameters, first, answer(stateOfNewExchange()))).toBeUndefined()
    engine.dispose()
  })
})

const KILLS = 5
const nothingLost = {
  ...{ kills: KILLS, answeredTwice: 0, answeredDifferently: 0, keys: 0, exchangesLost: 0, acknowledgedLost: 0 },
  unexpected: [],
}

describe('a server process that is killed loses nothing that it acknowledged, and answers no w twice', () => {
  it('alone, with an embedded store', async () => {
    const tally = await killNodes({ store: 'PGlite', kills: KILLS })
    expect(tally).toMatchObject(nothingLost)
    expect(Math.min(tally.answers, tally.acknowledged)).toBeGreaterThanOrEqual(KILLS)
  }, 600_000)

  it.runIf(hasPostgres('the tests of killing servers of a farm'))(
    'beside another one, on PostgreSQL',
    async () => {
      const tally = await killNodes({ store: 'PostgreSQL', kills: KILLS })
      expect(tally).toMatchObject(nothingLost)
      expect(Math.min(tally.answers, tally.acknowledged)).toBeGreaterThanOrEqual(KILLS)
    },
    600_000,
  )
})
