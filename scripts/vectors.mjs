// Runs every vector of vectors/ on every backend and kernel, each in a process of its own.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const files = readdirSync('vectors', { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(json|txt)$/.test(file))
  .map((file) => join('vectors', file))
  .sort()
if (files.length === 0) throw new Error('vectors/ holds no vectors')

const kernels = Object.keys(JSON.parse(readFileSync('asconfig.json', 'utf8')).targets)
const choices = [['--backend', 'bigint'], ...kernels.map((kernel) => ['--backend', 'wasm', '--kernel', kernel])]
for (const choice of choices) {
  console.log(`uprove vectors ${choice.join(' ')} (${String(files.length)} files)`)
  const { status } = spawnSync(process.execPath, ['build/cli.js', 'vectors', ...choice, ...files], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
