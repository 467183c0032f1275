import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as esbuild from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser, visit } from './testing/browser.js'
import type { PageReport } from './testing/curve-page.js'
import { vectorsForPage } from './testing/curve-vectors.js'

describe.skipIf(!hasBrowser)('vectors over curves, and tokens in JSON, in Chromium', () => {
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
    expect(report.json).toEqual(['member', 'presentation/proof'])
  })
})
