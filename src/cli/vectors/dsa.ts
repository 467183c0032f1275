import { sha1 } from '@noble/hashes/legacy.js'
import { sha224, sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import type { CHash } from '@noble/hashes/utils.js'
import { UProveError } from '../../../bindings/errors.js'
import type { Engine, Subgroup } from '../../../bindings/engine/engine.js'
import { deterministicNonces } from '../../pki/keys/deterministic-nonce.js'
import { DsaPublicKey, signDsa } from '../../pki/keys/dsa.js'
import { number } from './forms.js'
import { allowLegacy } from './parameters.js'
import type { Cell, Sheet } from './sheet.js'

const HASHES: Readonly<Record<string, CHash>> = {
  'SHA-1': sha1,
  'SHA-224': sha224,
  'SHA-256': sha256,
  'SHA-384': sha384,
  'SHA-512': sha512,
}

/** Recomputes signatures of DSA with the nonces of RFC 6979, and verifies each. */
export function dsaCells(sheet: Sheet, engine: Engine): Cell<Subgroup> {
  const [p, q, g] = [sheet.input('group.p'), sheet.input('group.q'), sheet.input('group.g')]
  const xInput = sheet.input('x')
  const groupCell = sheet.cell(() => engine.subgroup({ p: p.bigint(), q: q.bigint(), g: g.bigint() }, { allowLegacy }))
  const x = sheet.cell(() => xInput.scalar(groupCell.value))
  const table = sheet.cell(() => groupCell.value.fixedBase(groupCell.value.generator))
  const y = sheet.output('y', number, () => table.value.exponentiate(x.value))
  const key = sheet.cell(() => new DsaPublicKey(groupCell.value, y.value))
  for (let i = 0; i < sheet.count('signatures'); i++) {
    const at = `signatures[${i}]`
    const [hashInput, message] = [sheet.input(`${at}.hash`), sheet.input(`${at}.message`)]
    const hash = sheet.cell(() => {
      const found = HASHES[hashInput.text()]
      if (found === undefined) throw new UProveError('vector/hash', `unknown hash ${hashInput.text()}`)
      return found
    })
    sheet.output(`${at}.k`, number, () => {
      const { value: group } = groupCell
      const digest = hash.value(message.octets())
      const nonces = deterministicNonces(group, hash.value, x.value, digest)
      for (const k of nonces) return k.slice()
      return undefined
    })
    const signature = sheet.cell(() => {
      const numbers = signDsa(table.value, groupCell.value, x.value, hash.value, message.octets())
      const isValid = key.value.verifyDigest(numbers, hash.value(message.octets()))
      return isValid ? numbers : undefined
    })
    sheet.output(`${at}.r`, number, () => signature.value?.subarray(0, groupCell.value.scalarLength))
    sheet.output(`${at}.s`, number, () => signature.value?.subarray(groupCell.value.scalarLength))
  }
  return groupCell
}
