// Proves the bounds of all kernels as they ship: `node proofs/prove.mjs`, or `npm run proofs`, which builds them first. See docs/proofs.md.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { curves, proveField } from './curves.mjs'
import { kernels, limbCounts, prove } from './subgroups.mjs'

// Node 20 has relaxed SIMD behind a flag; later versions do not know it.
if (process.version.startsWith('v20.')) setFlagsFromString('--experimental-wasm-relaxed-simd')

const operations = /** @type {const} */ (['multiply', 'square'])
let failed = 0

/** @param {string} what @param {() => string} proof */
function attempt(what, proof) {
  try {
    console.log(`proven  ${what}: ${proof()}`)
  } catch (error) {
    failed++
    console.log(`FAILED  ${what}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** @param {readonly import('./subgroups.mjs').Proof[]} proofs */
function summary(proofs) {
  const column = Math.max(...proofs.map((proof) => proof.column))
  const least = proofs.reduce((a, proof) => (proof.least < a ? proof.least : a), 0n)
  return `columns below 2^${(Math.ceil(column * 100) / 100).toFixed(2)}, limbs from ${String(least)}`
}

for (const kernel of kernels) {
  const counts = limbCounts(kernel)
  const range = `${String(counts[0])} to ${String(counts.at(-1))}`
  attempt(`subgroups, ${kernel}, ${range} limbs`, () =>
    summary(counts.flatMap((n) => operations.map((operation) => prove(kernel, n, operation)))),
  )
  for (const curve of curves) {
    attempt(`${curve.name}, ${kernel}`, () =>
      summary(operations.map((operation) => proveField(curve, kernel, operation))),
    )
  }
}
const folder = fileURLToPath(new URL('.', import.meta.url))
for (const file of readdirSync(folder).filter((name) => name.endsWith('.g'))) {
  const { error, status, stderr } = spawnSync('gappa', [file], { cwd: folder, encoding: 'utf8', timeout: 60_000 })
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') {
    console.log(`SKIPPED ${file}: gappa is not installed (on Debian: apt-get install gappa)`)
    continue
  }
  attempt(file, () => {
    if (status !== 0) throw new Error(stderr || String(error))
    return 'by Gappa'
  })
}
process.exitCode = failed === 0 ? 0 : 1
