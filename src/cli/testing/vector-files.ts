import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** All vector files of the repository. */
export const vectorFiles: readonly string[] = readdirSync('vectors', { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(json|txt)$/.test(file))
  .map((file) => join('vectors', file))
  .sort()

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

export function readVector(file: string): { [key: string]: Json } {
  return JSON.parse(readFileSync(file, 'utf8')) as { [key: string]: Json }
}

/** A folder of its own with a file of this value as JSON, and the file; gone after the test that asks for it. */
export function temporaryVector(contents: object): { readonly folder: string; readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'uprove-vectors-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'vector.json')
  writeFileSync(file, JSON.stringify(contents))
  return { folder, file }
}

/** A place in a JSON document. */
export interface Place {
  /** Such as `tokens[0].h`. */
  readonly key: string
  readonly value: string
  /** The whole document with another value here. */
  readonly with: (value: Json) => object
}

/** The strings of hexadecimal digits in a document, outside of remarks. */
export function hexPlaces(document: { [key: string]: Json }): Place[] {
  const found: Place[] = []
  const visit = (node: Json, key: string, assign: (value: Json) => void): void => {
    if (typeof node === 'string') {
      if (!/^[0-9a-f]+$/.test(node)) return
      const changed = (value: Json): object => {
        assign(value)
        const copy = structuredClone(document)
        assign(node)
        return copy
      }
      found.push({ key, value: node, with: changed })
    } else if (Array.isArray(node)) {
      node.forEach((item, i) => visit(item, `${key}[${i}]`, (value) => (node[i] = value)))
    } else if (typeof node === 'object' && node !== null) {
      for (const [name, item] of Object.entries(node)) {
        if (!name.startsWith('_')) visit(item, key === '' ? name : `${key}.${name}`, (value) => (node[name] = value))
      }
    }
  }
  visit(document, '', () => undefined)
  return found
}

/** The same number of digits with another one at the end, or where `at` says. */
export function otherDigit(hex: string, at = hex.length - 1): string {
  const digit = ((Number.parseInt(hex[at]!, 16) + 1) % 16).toString(16)
  return hex.slice(0, at) + digit + hex.slice(at + 1)
}
