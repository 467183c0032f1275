import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import { createEngine } from '../../bindings/loading/create-engine.js'
import { known } from '../../bindings/octets/lists.js'
import { P256 } from '../params/P256.js'
import { Issuer } from './issuance/issuer.js'
import { Prover } from './issuance/prover.js'
import type { KnownAnswer } from './nonces.js'
import { presentToken } from './presentation/presentation.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Frees what is not alive, and fills what is free with other objects as a program that goes on does. */
function reuseFreeMemory(): void {
  collectGarbage()
  let last: readonly number[] = []
  for (let i = 0; i < 1_000_000; i++) last = [i, last.length, 1, 2, 3, 4]
  expect(last).toHaveLength(6)
  collectGarbage()
}

const MASK = 0x5a
/** Longer than a secret, which may lie across two pieces. */
const OVERLAP = 64
const piece = Buffer.alloc(1 << 22)

/** A copy that the scan does not find. */
function masked(secret: Uint8Array): Buffer {
  return Buffer.from(secret.map((octet) => octet ^ MASK))
}

/** How often each secret is in memory that this process can write: that of WebAssembly, of the collector, freed or not. */
function copiesOf(secrets: Readonly<Record<string, Buffer>>): Record<string, number> {
  const found = Object.fromEntries(Object.keys(secrets).map((name) => [name, 0]))
  const words = new Uint32Array(piece.buffer, piece.byteOffset, piece.length / 4)
  const memory = openSync('/proc/self/mem', 'r')
  for (const region of readFileSync('/proc/self/maps', 'latin1').matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm)) {
    const end = Number.parseInt(known(region[2]), 16)
    for (let at = Number.parseInt(known(region[1]), 16); at < end; at += piece.length - OVERLAP) {
      const length = readPiece(memory, at, Math.min(piece.length, end - at))
      // Reserved, and never used.
      if (length === 0) break
      for (let i = 0; i < words.length; i++) words[i]! ^= MASK * 0x01010101
      for (const [name, secret] of Object.entries(secrets)) {
        for (let i = piece.indexOf(secret); i >= 0 && i < length; i = piece.indexOf(secret, i + 1)) found[name]!++
      }
      piece.fill(0)
    }
  }
  closeSync(memory)
  return found
}

function readPiece(memory: number, at: number, length: number): number {
  try {
    return readSync(memory, piece, 0, length, at)
  } catch {
    return 0
  }
}

it('an exchange that ended keeps nothing of its messages, while the Prover keeps a table', async () => {
  const group = (await createEngine()).curve(P256)
  const issuer = Issuer.create(group, { uid: 'urn:x', attributes: 1, recommended: P256 })
  const attributes = ['Alice']
  /** Has an exchange, and returns its Prover, and what it computed of the Issuer's messages. */
  const exchange = () => {
    const session = issuer.begin({ attributes })
    const prover = Prover.begin(issuer.parameters, { attributes })
    const [received, made] = [vi.spyOn(group, 'operand'), vi.spyOn(group, 'multiExponentiateMany')]
    prover.finish(session.respond(prover.respond(session.message1)), { keepTables: true })
    const values = [...received.mock.results, ...made.mock.results].flatMap(({ value }) => value as Uint8Array)
    for (const spy of [received, made]) {
      spy.mockClear()
      spy.mockRestore()
    }
    return { prover, references: values.map((value) => new WeakRef(value)) }
  }
  const { prover, references } = exchange()
  expect(references.length).toBeGreaterThanOrEqual(3)
  const isThere = (reference: WeakRef<Uint8Array>): boolean => reference.deref() !== undefined
  for (let turn = 0; turn < 10; turn++) {
    // What was looked at stays until the turn ends.
    await new Promise((resolve) => setTimeout(resolve))
    collectGarbage()
    if (!references.some(isThere)) break
  }
  expect(references.map(isThere)).toEqual(references.map(() => false))
  expect(prover.gamma).toHaveLength(group.elementLength)
  prover.dispose()
})

describe.runIf(existsSync('/proc/self/mem'))('the memory of the process', () => {
  it('has each secret while it is needed, and no copy of any once everything is disposed of', async () => {
    const group = (await createEngine()).curve(P256)
    const secrets: Record<string, Buffer> = {}
    const drawing = (...names: string[]): KnownAnswer => {
      const next = () => {
        const value = group.scalars.random()
        secrets[known(names.shift())] = masked(value)
        return { value }
      }
      return { [Symbol.iterator]: () => ({ next }) }
    }
    const issuer = Issuer.create(group, { uid: 'urn:x', attributes: 2, recommended: P256, knownAnswer: drawing('y_0') })
    const { parameters } = issuer
    const attributes = ['Alice', 'Archer']
    const session = issuer.begin({ attributes, knownAnswer: drawing('w') })
    const prover = Prover.begin(parameters, { attributes, knownAnswer: drawing('alpha', 'beta_1', 'beta_2') })
    const during = copiesOf(secrets)
    for (const name of ['y_0', 'w', 'alpha']) expect(during[name], name).toBeGreaterThan(0)

    const issued = known(prover.finish(session.respond(prover.respond(session.message1)))[0])
    secrets['private key'] = masked(issued.privateKey)
    const shown = { attributes, disclosed: [1], message: 'm', knownAnswer: drawing('w_0', 'w_2') }
    presentToken(parameters, issued, shown)
    expect(copiesOf(secrets)['private key']).toBeGreaterThan(0)

    issued.privateKey.fill(0)
    prover.dispose()
    issuer.dispose()
    parameters.dispose()
    // Until then there may be copies in places from which the collector moved what was alive.
    reuseFreeMemory()
    const names = ['y_0', 'w', 'alpha', 'beta_1', 'beta_2', 'private key', 'w_0', 'w_2']
    expect(copiesOf(secrets)).toEqual(Object.fromEntries(names.map((name) => [name, 0])))
  })
})
