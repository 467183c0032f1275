// Tests of the cryptography, vectors and examples on other runtimes than Node: Deno and Bun, which npm installs. Reports a
// runtime that is missing.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

/** How each runs a script; and a pattern for the names of tests that hold there. */
const runtimes = [
  { name: 'deno', run: ['deno', 'run', '--allow-all'], tests: '' },
  // Its relaxed_madd is not fused: the self-test refuses that kernel, and tests that name it fail.
  { name: 'bun', run: ['bun', '--bun'], tests: '^(?!.*relaxed-fma)' },
]
const vectors = readdirSync('vectors', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.json'))
  .map((file) => join('vectors', file))
  .sort()

const npx = (/** @type {string[]} */ arguments_, /** @type {import('node:child_process').StdioOptions} */ stdio) =>
  spawnSync('npx', ['-y', ...arguments_], { stdio, shell: process.platform === 'win32' }).status === 0

/** They read the memory of Node's process, and trace every kernel, also where a runtime takes another. */
const others = ['memory-scan', 'constant-time'].flatMap((name) => ['--exclude', `src/uprove/${name}.test.ts`])

for (const { name, run, tests } of runtimes) {
  if (!npx([name, '--version'], ['ignore', 'inherit', 'ignore'])) {
    console.log(`${name}: SKIPPED, npm cannot install it on this platform`)
    continue
  }
  const jobs = [
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      'src/uprove',
      'src/hash',
      'src/group',
      'src/index.test.ts',
      '-t',
      tests,
      ...others,
    ],
    ['build/cli.js', 'vectors', '--backend', 'wasm', ...vectors],
    ['examples/node-esm/index.js'],
    ['examples/node-commonjs/index.cjs'],
    ['examples/own-parts/index.js'],
  ]
  for (const job of jobs) {
    const passed = npx([...run, ...job], ['ignore', 'inherit', 'inherit'])
    console.log(`${name}: ${job[0] ?? ''} ${passed ? 'passed' : 'FAILED'}`)
    if (!passed) process.exitCode = 1
  }
}
