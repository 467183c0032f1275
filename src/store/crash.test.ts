import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine } from '../../bindings/loading/create-engine.js'
import { L2048N256 } from '../params/L2048N256.js'
import { readSecondResponse, writeSecondResponse } from '../ws-trust/issuance/messages.js'
import { TokenClient } from '../ws-trust/issuance/token-client.js'
import { canonicalize } from '../xml/canonicalize.js'
import { parseXml } from '../xml/parse.js'
import type { XmlElement } from '../xml/tree.js'
import type { StoreLocation } from './databases.js'
import { issuerFromSeed } from './testing/deployment.js'
import { buildNode, IssuingNode } from './testing/farm.js'
import type { NodeAnswer } from './testing/issuing-node.js'
import { FloatingAddress } from './testing/floating-address.js'
import { hasPostgres, TestServer } from './testing/postgres.js'

const SEED = 'the nodes of a farm'
const KEY = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')
const ROUNDS = 6
const FAILOVERS = 3
/** At once in each round. */
const EXCHANGES = 4

const group = (await createEngine()).subgroup(L2048N256)
const client = new TokenClient({ parameters: issuerFromSeed(group, SEED).parameters })
const text = (element: XmlElement): string => new TextDecoder().decode(canonicalize(element))

let built: Awaited<ReturnType<typeof buildNode>>
beforeAll(async () => {
  built = await buildNode()
})
afterAll(() => built.remove())

const startNode = (location: StoreLocation): Promise<IssuingNode> => IssuingNode.start(built.file, location, SEED, KEY)

/** An exchange with two second messages: the right one, and one that would make the same w answer again. */
async function beginExchange(node: IssuingNode) {
  const exchange = client.begin({ claim: 2 })
  const first = await node.send('request', text(exchange.request))
  if (first.answer === undefined) return undefined
  const right = exchange.respond(parseXml(first.answer))
  const { context, sigmaC } = readSecondResponse(right)
  const wrong = writeSecondResponse({ context, sigmaC: sigmaC.map((numbers) => [...numbers].reverse()) })
  return { exchange, messages: [text(right), text(wrong)] as const }
}

/** Checks that of two messages one at most was ever answered, always in the same way. */
class Tally {
  readonly answers: (string | undefined)[] = [undefined, undefined]

  add(message: number, { answer, code }: NodeAnswer): void {
    if (answer === undefined) {
      expect(['killed', 'ws-trust/different-message', 'store/failed', ...OUTAGE]).toContain(code)
      return
    }
    expect(this.answers[1 - message]).toBeUndefined()
    expect(answer).toBe((this.answers[message] ??= answer))
  }
}

/** What a client is told while the database is away, or while connections from before are found to be broken: to ask again. */
const OUTAGE = ['store/unavailable', 'store/port', 'store/connections']

/** Asks until the node has its database again. */
async function insist(node: IssuingNode, message: string): Promise<NodeAnswer> {
  for (let attempt = 0; ; attempt++) {
    const answer = await node.send('respond', message)
    if (attempt === 100 || answer.code === undefined || !OUTAGE.includes(answer.code)) return answer
    await sleep(100)
  }
}

/** Kills while messages are under way, and asks again afterwards for all that was begun. */
async function runRound(first: IssuingNode, second: IssuingNode, disturb: () => Promise<[IssuingNode, IssuingNode]>) {
  const begun = await Promise.all(Array.from({ length: EXCHANGES }, () => beginExchange(first)))
  const exchanges = begun.filter((each) => each !== undefined).map((each) => ({ ...each, tally: new Tally() }))
  expect(exchanges).toHaveLength(EXCHANGES)
  const late: Awaited<ReturnType<typeof beginExchange>>[] = []
  const underWay = exchanges.flatMap(({ messages, tally }) => [
    first.send('respond', messages[0]).then((answer) => tally.add(0, answer)),
    second.send('respond', messages[1]).then((answer) => tally.add(1, answer)),
    beginExchange(first).then((each) => late.push(each)),
  ])
  // About as long as all of them take.
  await sleep(Math.random() * 150)
  const nodes = await disturb()
  await Promise.all(underWay)
  let answered = 0
  for (const [i, { exchange, messages, tally }] of exchanges.entries()) {
    for (const message of i % 2 ? [0, 1] : [1, 0]) {
      const node = nodes[message]!
      for (let attempt = 0; attempt < 2; attempt++) tally.add(message, await insist(node, messages[message]!))
    }
    // An exchange whose first answer arrived is there, and has one answer now.
    expect(tally.answers.filter((answer) => answer !== undefined)).toHaveLength(1)
    if (tally.answers[0] !== undefined) answered += exchange.finish(parseXml(tally.answers[0])).length
  }
  for (const each of late.filter((one) => one !== undefined)) {
    const { answer } = await insist(nodes[1], each.messages[0])
    expect(each.exchange.finish(parseXml(answer!))).toHaveLength(1)
  }
  return { nodes, answered }
}

describe('a node that is killed answers no w twice, and what was acknowledged is there', () => {
  it('in a folder', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'crash-'))
    let node = await startNode({ folder })
    try {
      await expect(startNode({ folder })).rejects.toThrow('the node ended')
      for (let round = 0; round < ROUNDS; round++) {
        await runRound(node, node, async () => {
          await node.kill()
          node = await startNode({ folder })
          return [node, node]
        })
      }
    } finally {
      await node.kill()
      rmSync(folder, { recursive: true })
    }
  }, 300_000)

  it.runIf(hasPostgres('the tests of killing nodes on PostgreSQL'))(
    'on PostgreSQL, whose server crashes and is restarted too',
    async () => {
      const server = await TestServer.start()
      const url = await server.createDatabase()
      let nodes = [await startNode({ url }), await startNode({ url })] as [IssuingNode, IssuingNode]
      try {
        for (let round = 0; round < ROUNDS; round++) {
          await runRound(...nodes, async () => {
            if (round % 3 > 0) {
              await (round % 3 === 1 ? server.crash() : server.shutDown())
              await server.begin()
            } else {
              await nodes[0].kill()
              nodes = [await startNode({ url }), nodes[1]]
            }
            return nodes
          })
        }
      } finally {
        for (const node of nodes) await node.kill()
        await server.stop()
      }
    },
    300_000,
  )

  it.runIf(hasPostgres('the tests of a standby that takes over'))(
    'on PostgreSQL, of which a synchronous standby takes over',
    async () => {
      let primary = await TestServer.start()
      const { pathname } = new URL(await primary.createDatabase())
      const address = await FloatingAddress.start(primary.port)
      const url = `postgresql://uprove@127.0.0.1:${String(address.port)}${pathname}`
      const nodes = [await startNode({ url }), await startNode({ url })] as [IssuingNode, IssuingNode]
      try {
        for (let round = 0; round < FAILOVERS; round++) {
          const standby = await primary.startStandby()
          await runRound(...nodes, async () => {
            await primary.crash()
            await standby.promote()
            address.move(standby.port)
            await primary.stop()
            primary = standby
            return nodes
          })
        }
      } finally {
        for (const node of nodes) await node.kill()
        address.stop()
        await primary.stop()
      }
    },
    300_000,
  )
})
