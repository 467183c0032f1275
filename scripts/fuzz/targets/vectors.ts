import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readDocument } from '../../../src/cli/vectors/document.js'
import { Sheet } from '../../../src/cli/vectors/sheet.js'
import { textOf, unlessRefused, type Target } from './property.js'

const folder = fileURLToPath(new URL('../../../vectors', import.meta.url))

export const vectors: Target = {
  explores:
    'files of known answers, JSON and the text that Microsoft publishes, up to the values that would be computed',
  words: [
    '"layout"',
    '"r1"',
    '"issuer"',
    '"tokens":[',
    '"',
    ':',
    ',',
    '[]',
    '{}',
    'null',
    '0x',
    '\ufeff',
    '_',
    'g0 = ',
    '\n',
    '"w":',
    '1e9',
  ],
  seeds: () =>
    Promise.resolve(
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .map((name) => join(folder, name))
        .filter((file) => /\.(json|txt)$/.test(file) && statSync(file).size < 12_000)
        .map((file) => new Uint8Array(readFileSync(file))),
    ),
  prepare: () =>
    Promise.resolve((input: Uint8Array) => {
      unlessRefused(() => new Sheet(readDocument(textOf(input)).leaves))
    }),
}
