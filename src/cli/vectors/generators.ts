import type { Engine } from '../../../bindings/engine/engine.js'
import { deriveGenerator } from '../../../bindings/subgroup/derivation.js'
import { hashAlgorithm, hashFunction } from '../../hash/index.js'
import { parametersByName } from '../../params/index.js'
import { UsageError } from '../errors.js'
import { number } from './forms.js'
import { allowLegacy } from './parameters.js'
import type { Cell, Sheet } from './sheet.js'
import type { Subgroup } from '../../../bindings/engine/engine.js'

/** The index from which a generator is derived; undefined for an unknown name. */
function indexOf(name: string): number | undefined {
  if (name === 'g') return 0
  if (name === 'gd') return 254
  if (name === 'gt') return 255
  const index = Number(/^g([1-9]\d?)$/.exec(name)?.[1] ?? Number.NaN)
  return index <= 50 ? index : undefined
}

/** Derives generators of a recommended group from the seed of its parameters. Throws `UsageError` for an unknown name. */
export function generatorCells(sheet: Sheet, engine: Engine): Cell<Subgroup> {
  const [name, hash, seed] = [sheet.input('group.name'), sheet.input('hash'), sheet.input('seed')]
  const group = sheet.cell(() => engine.subgroup(parametersByName(name.text()), { allowLegacy }))
  const digest = sheet.cell(() => hashFunction(hashAlgorithm(hash.text(), { allowLegacy })))
  for (const generator of sheet.pathsBelow('generators.')) {
    const index = indexOf(generator)
    if (index === undefined) throw new UsageError(`unknown generator ${generator}`)
    sheet.output(`generators.${generator}`, number, () =>
      deriveGenerator(group.value, seed.octets(), index, digest.value),
    )
  }
  return group
}
