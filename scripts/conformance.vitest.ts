import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

const { CONFORMANCE_FILE: file, CONFORMANCE_MUTANT: mutant = '' } = process.env

/** Runs tests with one source file replaced, for `scripts/conformance-mutants.mjs`; the file itself stays as it is. */
export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  plugins: [{ name: 'mutant', enforce: 'pre', load: (id) => (id === file ? readFileSync(mutant, 'utf8') : undefined) }],
  test: { include: ['{bindings,src,scripts}/**/*.test.ts'], testTimeout: 60_000, bail: 0 },
})
