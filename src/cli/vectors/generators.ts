import { deriveElement } from '../../../bindings/curve/derivation.js'
import { coordinateLength, uncompressed } from '../../../bindings/curve/sec1.js'
import type { Digest, Engine, Group } from '../../../bindings/engine/engine.js'
import { deriveGenerator } from '../../../bindings/subgroup/derivation.js'
import { hashAlgorithm, hashFunction } from '../../hash/index.js'
import { L1024N160, P256, P384, P521, parametersByName } from '../../params/index.js'
import type { RecommendedCurve } from '../../params/recommended.js'
import { UsageError } from '../errors.js'
import { number, plain } from './forms.js'
import { allowLegacy } from './parameters.js'
import type { Cell, Sheet } from './sheet.js'

/** The index from which a generator is derived; undefined for an unknown name. */
function indexOf(name: string): number | undefined {
  if (name === 'g') return 0
  if (name === 'gd') return 254
  if (name === 'gt') return 255
  const index = Number(/^g([1-9]\d?)$/.exec(name)?.[1] ?? Number.NaN)
  return index <= 50 ? index : undefined
}

/**
 * Derives generators of a recommended group, those of a subgroup from the seed of its parameters, and compares its numbers.
 * Throws `UsageError` for an unknown name.
 */
export function generatorCells(sheet: Sheet, engine: Engine): Cell<Group> {
  const [name, hash] = [sheet.input('group.name'), sheet.input('hash')]
  const digest = sheet.cell(() => {
    // The profile's own choice, where a file does not repeat it.
    const usual = [L1024N160.name, L1024N160.oid].includes(name.text()) ? 'SHA-1' : 'SHA-256'
    return hashFunction(hashAlgorithm(hash.given ? hash.text() : usual, { allowLegacy }))
  })
  const curve = [P256, P384, P521].find((set) => name.given && [set.name, set.oid].includes(name.text()))
  const { group, derive } = curve === undefined ? ofSubgroup(sheet, engine) : ofCurve(sheet, engine, curve)
  for (const generator of sheet.pathsBelow('generators.')) {
    const index = indexOf(generator)
    if (index === undefined) throw new UsageError(`unknown generator ${generator}`)
    sheet.output(`generators.${generator}`, number, () => derive(index, digest.value))
  }
  return group
}

interface Derivation {
  readonly group: Cell<Group>
  readonly derive: (index: number, hash: Digest) => Uint8Array
}

function ofSubgroup(sheet: Sheet, engine: Engine): Derivation {
  const [name, seed] = [sheet.input('group.name'), sheet.input('seed')]
  const set = sheet.cell(() => parametersByName(name.text()))
  for (const each of ['p', 'q', 'g'] as const) sheet.output(`group.${each}`, number, () => set.value[each])
  const group = sheet.cell(() => engine.subgroup(set.value, { allowLegacy }))
  return { group, derive: (index, hash) => deriveGenerator(group.value, seed.octets(), index, hash) }
}

/** The generator of a curve is the standard's; the others are derived from the name of the parameters. */
function ofCurve(sheet: Sheet, engine: Engine, curve: RecommendedCurve): Derivation {
  const { name, p, b, q, g } = curve
  const numbers = { p, a: p - 3n, b, q }
  for (const [each, value] of Object.entries(numbers)) sheet.output(`group.${each}`, number, () => value)
  sheet.output('group.cofactor', plain, () => 1)
  const context = new TextEncoder().encode(`U-Prove Recommended Parameters Profile${name}`)
  return {
    group: sheet.cell(() => engine.curve(curve)),
    derive: (index, hash) =>
      index === 0 ? uncompressed(g, coordinateLength(curve)) : deriveElement(curve, context, index, hash),
  }
}
