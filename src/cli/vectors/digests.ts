import { octetsOfHex, octets } from './forms.js'
import { hashAlgorithm, hashFormat, type HashFormat } from '../../hash/index.js'
import { createBigintEngine } from '../../../bindings/subgroup/bigint.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { UsageError } from '../errors.js'
import { parametersByName } from '../../params/index.js'
import { allowLegacy } from './parameters.js'
import type { Sheet } from './sheet.js'

/** Appends a value to a hash input. */
type Append = (format: HashFormat) => HashFormat

/** NIST P-256, of whose description one published digest is. */
const p256 = {
  names: ['P-256', '1.3.6.1.4.1.311.75.1.2.1'],
  p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  a: 0xffffffff00000001000000000000000000000000fffffffffffffffffffffffcn,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  x: '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296',
  y: '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
  q: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
}

const appendP256: Append = (format) =>
  format
    .number(p256.p)
    .number(p256.a)
    .number(p256.b)
    .octets(octetsOfHex(`04${p256.x}${p256.y}`))
    .number(p256.q)
    .number(1n)

/** An element of a list: null, one octet as a byte, more as an octet string. */
function elementOf(text: string): Append | undefined {
  if (text === 'null') return (format) => format.null()
  const hex = /^0x((?:[0-9a-f]{2})*)$/i.exec(text)?.[1]
  if (hex === undefined) return undefined
  const value = octetsOfHex(hex)
  return value.length === 1 ? (format) => format.byte(itemAt(value, 0)) : (format) => format.octets(value)
}

function listOf(text: string): Append | undefined {
  const elements = text.trim() === '' ? [] : text.split(',').map((element) => elementOf(element.trim()))
  if (!elements.every((element) => element !== undefined)) return undefined
  return (format) => format.list(elements, (list, append) => void append(list))
}

function groupOf(name: string): Append | undefined {
  if (p256.names.includes(name)) return appendP256
  try {
    const group = createBigintEngine().subgroup(parametersByName(name), { allowLegacy })
    return (format) => format.group(group)
  } catch {
    return undefined
  }
}

/**
 * The value under a digest: `byte 0x01`, `octets 0x0102`, `null`, `list [0x01, 0x0102, null]`, or
 * `group` with a name or OID. Undefined for anything else.
 */
function valueOf(text: string): Append | undefined {
  const [, kind, rest = ''] = /^(\w+) ?(.*)$/.exec(text) ?? []
  const octetsIn = /^0x((?:[0-9a-f]{2})*)$/i.exec(rest)?.[1]
  switch (kind) {
    case 'byte':
      return octetsIn?.length === 2 ? (format) => format.byte(Number.parseInt(octetsIn, 16)) : undefined
    case 'octets':
      return octetsIn === undefined ? undefined : (format) => format.octets(octetsOfHex(octetsIn))
    case 'null':
      return rest === '' ? (format) => format.null() : undefined
    case 'list':
      return /^\[.*\]$/.test(rest) ? listOf(rest.slice(1, -1)) : undefined
    case 'group':
      return groupOf(rest)
    default:
      return undefined
  }
}

/** Recomputes the digests of single values. Section 1. Throws `UsageError` for an unknown value. */
export function digestCells(sheet: Sheet): void {
  const hash = sheet.input('parameters.hash')
  for (const text of sheet.pathsBelow('digests.')) {
    const append = valueOf(text)
    if (append === undefined) throw new UsageError(`unknown value to hash: ${text}`)
    sheet.output(`digests.${text}`, octets, () =>
      append(hashFormat(hashAlgorithm(hash.text(), { allowLegacy }))).digest(),
    )
  }
}
