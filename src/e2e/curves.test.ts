import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as esbuild from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hexPlaces, otherDigit, readVector, vectorFiles } from '../cli/testing/vector-files.js'
import { hasBrowser, visit } from './testing/browser.js'
import type { PageReport, PageVector } from './testing/curve-page.js'

/** Outputs that follow from the rest of a public vector. */
const outputs = ['gamma', 'sigmaZ', 'h', 'sigmaC', 'Ps', 'a', 'r0']

/** All vectors over curves, and those of the project with one digit of an output changed. */
async function vectorsForPage(): Promise<PageVector[]> {
  const files = vectorFiles.filter((file) => /^vectors.(?:ec|original.*_EC_|original.*ParamsP256)/.test(file))
  const asTheyAre = await Promise.all(
    files.map(async (file) => ({ file, text: await readFile(file, 'utf8'), differs: null })),
  )
  const changed = files.flatMap((file) =>
    /public/.test(file)
      ? hexPlaces(readVector(file))
          .filter(({ key }) => outputs.includes(key))
          .map(({ key, value, with: change }) => {
            return { file: `${file}, ${key}`, text: JSON.stringify(change(otherDigit(value))), differs: key }
          })
      : [],
  )
  expect(changed).toHaveLength(6 * outputs.length)
  return [...asTheyAre, ...changed]
}

describe.skipIf(!hasBrowser)('vectors over curves in Chromium', () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'uprove-curves-'))
    await writeFile(join(folder, 'vectors.json'), JSON.stringify(await vectorsForPage()))
    await esbuild.build({
      entryPoints: ['src/e2e/testing/curve-page.ts'],
      outfile: join(folder, 'page.js'),
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
      logLevel: 'error',
    })
  })
  afterAll(() => rm(folder, { recursive: true }))

  it.each([
    ['wasm', 'relaxed-fma'],
    ['wasm', 'simd'],
    ['wasm', 'scalar'],
    ['bigint', 'auto'],
  ])('agree on %s, %s; changed ones are refused', { timeout: 60_000 }, async (backend, kernel) => {
    const status = `<output data-backend="${backend}" data-kernel="${kernel}">working</output>`
    const html = `<!doctype html><meta charset="utf-8"><title>vectors</title>${status}<script type="module" src="/page.js"></script>`
    await writeFile(join(folder, 'index.html'), html)
    const { status: said, complaints } = await visit(folder)
    expect(complaints).toEqual([])
    const report = JSON.parse(said) as PageReport
    expect(report).toMatchObject({ backend, wrong: [] })
    expect(report.kernel).toBe(backend === 'wasm' ? kernel : undefined)
    expect(report.values).toBeGreaterThan(2_000)
  })
})
