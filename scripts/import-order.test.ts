import { Linter } from 'eslint'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { importOrder } from '../eslint.config.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What the rule says about a file of that name with that text. */
function lint(file: string, code: string) {
  const linter = new Linter({ cwd: root })
  const config = {
    files: ['**/*.ts'],
    plugins: { house: { rules: { 'import-order': importOrder } } },
    rules: { 'house/import-order': 'error' as const },
  }
  return linter.verify(code, config, `${root}${file}`).map(({ messageId }) => messageId)
}

describe('import order', () => {
  it.each([
    ['src/uprove/token/token.ts', "import '../../group/index.js'"],
    ['src/uprove/token/token.ts', "import './refusal.js'; import '../../../bindings/engine/engine.js'"],
    ['src/index.ts', "export * from './wstep/index.js'"],
    ['src/cli/main.ts', "import 'node:fs'; import '../index.js'; import '../server/index.js'"],
    ['src/group/group.test.ts', "import 'node:fs'; import '../uprove/token/token.js'"],
    ['src/group/group.test.ts', "import '../../bindings/testing/twins.js'"],
    ['bindings/subgroup/wasm-subgroup.ts', "import '../../build/kernels/scalar.js'"],
    ['bench/service/kill.ts', "import '../../src/e2e/testing/service-process.js'; import '../timing/schedule.js'"],
  ])('lets %s say %s', (file, code) => {
    expect(lint(file, code)).toEqual([])
  })

  it.each([
    ['src/group/element.ts', "import '../uprove/token/token.js'", 'order'],
    ['src/group/element.ts', "export * from '../uprove/token/token.js'", 'order'],
    ['src/group/element.ts', "export { x } from '../uprove/token/token.js'", 'order'],
    ['src/group/element.ts', "await import('../uprove/token/token.js')", 'order'],
    ['src/uprove/token/token.ts', "import '../../index.js'", 'order'],
    ['src/index.ts', "import './server/index.js'", 'order'],
    ['bindings/subgroup/wasm-subgroup.ts', "import '../../src/params/index.js'", 'order'],
    ['src/group/element.ts', "import '../../bench/peers.js'", 'outside'],
    ['src/group/element.ts', "import '../../bench/timing/peers.js'", 'order'],
    ['bench/timing/peers.ts', "import '../arithmetic/report.js'", 'order'],
    ['src/group/element.ts', "import '../../bindings/testing/twins.js'", 'tests'],
    ['src/group/element.ts', "import 'node:fs'", 'node'],
    ['src/group/element.ts', "import { readFileSync } from 'fs'", 'node'],
  ])('refuses that %s says %s', (file, code, reason) => {
    expect(lint(file, code)).toEqual([reason])
  })
})
