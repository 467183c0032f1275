// Writes build/: the WebAssembly kernels, the bundled JavaScript, the declarations. Called by bootstrap.mjs, after the install.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { chmod, readdir, readFile, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join, relative } from 'node:path'
import * as esbuild from 'esbuild'
import { curves } from './curve/curves.mjs'

/** What is bundled: a file in build/ (without `.js`), and its source. package.json's `exports` and `bin` name the former. */
const entries = {
  index: 'src/index.ts',
  slim: 'src/slim.ts',
  cli: 'src/cli/main.ts',
  start: 'src/cli/start.ts',
  pool: 'src/pool/index.ts',
  // Beside the pool and whatever code it shares with others, since that is where it is looked for.
  'pool-worker': 'src/pool/worker/worker.ts',
  pki: 'src/pki/index.ts',
  'ws-trust': 'src/ws-trust/index.ts',
  wstep: 'src/wstep/index.ts',
  xcep: 'src/xcep/index.ts',
  server: 'src/server/index.ts',
  'params/index': 'src/params/index.ts',
  'params/L1024N160': 'src/params/L1024N160.ts',
  'params/L2048N256': 'src/params/L2048N256.ts',
  'params/L3072N256': 'src/params/L3072N256.ts',
  'params/P256': 'src/params/P256.ts',
  'params/P384': 'src/params/P384.ts',
  'params/P521': 'src/params/P521.ts',
}
/** What stays here: measurements, and the peers that they need. Bundled apart, so that nothing of them gets into the package. */
const benchmarks = {
  'bench/main': 'bench/arithmetic/main.ts',
  'bench/constant-time': 'bench/arithmetic/constant-time.ts',
  'bench/curves': 'bench/arithmetic/curves.ts',
  'bench/hedging': 'bench/arithmetic/hedging.ts',
  'bench/throughput': 'bench/throughput/main.ts',
  'bench/throughput-process': 'bench/throughput/process.ts',
  'bench/throughput-worker': 'bench/throughput/worker.ts',
  'bench/ws-trust': 'bench/protocols/ws-trust.ts',
  'bench/pki': 'bench/protocols/pki.ts',
  'bench/wstep': 'bench/protocols/wstep.ts',
  'bench/browser': 'bench/browser/main.ts',
  'bench/service': 'bench/service/main.ts',
  'bench/service-client': 'bench/service/client.ts',
  'bench/service-node': 'bench/service/node.ts',
}
const stampFile = 'build/.stamps.json'

/** @typedef {{ inputs: string, outputs: string[] }} Stamp what a step was made from (a hash), and the files it made */

/** @param {{ force?: boolean }} options `force`: run every step, up to date or not */
export async function build({ force = false } = {}) {
  /** @type {Record<string, Stamp>} */
  const stamps = existsSync(stampFile) ? JSON.parse(await readFile(stampFile, 'utf8')) : {}

  /**
   * @param {string} name
   * @param {string[]} inputs files the step reads, besides what every step depends on
   * @param {() => Promise<string[]>} make makes the outputs and returns their paths
   */
  async function step(name, inputs, make) {
    const before = performance.now()
    const stamp = stamps[name]
    const hash = await hashFiles([...inputs, 'package-lock.json', 'scripts/build.mjs'])
    if (!force && stamp?.inputs === hash && stamp.outputs.every((output) => existsSync(output))) {
      console.log(`build: ${name} is up to date`)
      return
    }
    const outputs = await make()
    for (const stale of stamp?.outputs.filter((output) => !outputs.includes(output)) ?? [])
      await rm(stale, { force: true })
    stamps[name] = { inputs: hash, outputs }
    writeAtomically(stampFile, JSON.stringify(stamps, undefined, 2))
    console.log(`build: ${name} made in ${((performance.now() - before) / 1000).toFixed(1)} s`)
  }

  const assembly = ['asconfig.json', ...(await listFiles('assembly'))]
  const generator = (await listFiles('scripts/curve')).filter((file) => !file.endsWith('.test.ts'))
  const kernels = Object.keys(JSON.parse(await readFile('asconfig.json', 'utf8')).targets)
  const withoutCurves = assembly.filter((file) => !file.startsWith('assembly/curve/'))
  const ofSubgroups = kernels.map((kernel) => () => step(`kernel ${kernel}`, withoutCurves, () => makeKernel(kernel)))
  const ofCurves = curves.flatMap(({ name }) =>
    kernels.map((kernel) => () => {
      const inputs = [...assembly, ...generator]
      return step(`kernel ${name} ${kernel}`, inputs, () => makeCurveKernel(name, kernel))
    }),
  )
  await inTurns(availableParallelism(), [...ofSubgroups, ...ofCurves])

  const allKernels = [...kernels, ...curves.flatMap(({ name }) => kernels.map((kernel) => `${name}/${kernel}`))]
  const kernelModules = allKernels.flatMap((path) => ['.js', '.digest.js'].map((end) => `build/kernels/${path}${end}`))
  const sourcesIn = async (/** @type {string} */ folder) =>
    (await listFiles(folder)).filter((file) => !/\.test\.ts$|\/testing\//.test(file))
  const sources = [...(await sourcesIn('bindings')), ...(await sourcesIn('src'))]
  await step('bundles', [...sources, ...kernelModules], () => makeBundles(entries, 'chunk-'))
  // Some of them drive what tests drive.
  const benchmarkFolders = [...(await sourcesIn('bench')), ...(await listFiles('src/e2e/testing'))]
  const benchmarkSources = benchmarkFolders.filter((file) => file.endsWith('.ts'))
  await step('benchmarks', [...sources, ...kernelModules, ...benchmarkSources], () =>
    makeBundles(benchmarks, 'bench/chunks/'),
  )
  await step('declarations', [...sources, 'package.json', 'tsconfig.json', 'tsconfig.build.json'], makeDeclarations)
}

/**
 * Runs some steps, not more at a time than there are processors for.
 * @param {number} width
 * @param {(() => Promise<void>)[]} steps
 */
async function inTurns(width, steps) {
  const waiting = [...steps]
  const next = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) await step()
  }
  await Promise.all(Array.from({ length: width }, next))
}

/** @param {string} kernel */
async function makeKernel(kernel) {
  await run('node_modules/assemblyscript/bin/asc.js', '--target', kernel)
  return packKernel(`build/kernels/${kernel}`)
}

/**
 * The core of a curve, whose field arithmetic is generated.
 * @param {string} curve
 * @param {string} kernel
 */
async function makeCurveKernel(curve, kernel) {
  await run('scripts/curve/compile.mjs', curve, kernel)
  const base = `build/kernels/${curve}/${kernel}`
  return [`${base}.field.ts`, ...(await packKernel(base))]
}

/**
 * Writes the modules that carry a kernel, and its digest. Returns the paths of what it is made into.
 * @param {string} base the path of the kernel, without `.wasm`
 */
async function packKernel(base) {
  const wasm = await readFile(`${base}.wasm`)
  writeAtomically(`${base}.js`, `export const wasmBase64 = '${wasm.toString('base64')}'\n`)
  writeAtomically(`${base}.d.ts`, 'export declare const wasmBase64: string\n')
  writeAtomically(`${base}.digest.js`, `export const sha256 = '${createHash('sha256').update(wasm).digest('hex')}'\n`)
  writeAtomically(`${base}.digest.d.ts`, 'export declare const sha256: string\n')
  return ['.wasm', '.js', '.d.ts', '.digest.js', '.digest.d.ts'].map((extension) => base + extension)
}

/**
 * @param {Record<string, string>} entryPoints
 * @param {string} chunks how the paths of the code that they share begin, in build/
 */
async function makeBundles(entryPoints, chunks) {
  const { outputFiles } = await esbuild.build({
    entryPoints,
    outdir: 'build',
    bundle: true,
    splitting: true,
    chunkNames: `${chunks}[hash]`,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    // Workers that consumers bundle as classic scripts, and require() of ES modules, have no top-level await.
    supported: { 'top-level-await': false },
    packages: 'external',
    external: ['node:*'],
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
  })
  /** @type {string[]} */
  const outputs = []
  for (const { path, text } of outputFiles) {
    const output = relative('', path)
    // Chunks are also imported for the order in which they run. None depends on it, and bundlers warn of such imports.
    const code = text.replace(/^import "[./]+chunk-\w+\.js";\n/gm, '')
    if (code === '') continue
    writeAtomically(output, code)
    if (text.startsWith('#!')) await chmod(output, 0o755)
    outputs.push(output)
  }
  // Those of builds that were interrupted are in no stamp.
  const left = (await listFiles('build')).filter(
    (file) => file.startsWith(`build/${chunks}`) && !outputs.includes(file),
  )
  await Promise.all(left.map((file) => rm(file, { force: true })))
  return outputs
}

async function makeDeclarations() {
  await rm('build/types', { recursive: true, force: true })
  await run('node_modules/typescript/bin/tsc', '--project', 'tsconfig.build.json')
  const needed = await reachableDeclarations()
  const made = await listFiles('build/types')
  await Promise.all(made.filter((file) => !needed.has(file)).map((file) => rm(file)))
  return [...needed]
}

/** The declarations that package.json exports, and those that they import. */
async function reachableDeclarations() {
  const manifest = JSON.parse(await readFile('package.json', 'utf8'))
  const made = await listFiles('build/types')
  /** @type {string[]} */
  const waiting = Object.values(manifest.exports).flatMap(({ types = '', default: code = '' }) => {
    const [start, end] = types.replace('./', '').split('*')
    if (end === undefined) return made.filter((file) => file === start)
    // Of the files that fit a pattern, those that are entries have code.
    return made.filter(
      (file) => matches(file, start, end) && existsSync(code.replace('*', file.slice(start.length, -end.length))),
    )
  })
  /** @type {Set<string>} */
  const reached = new Set()
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue
    reached.add(file)
    const text = await readFile(file, 'utf8')
    for (const [, path = ''] of text.matchAll(/(?:from|import|import\() ?['"](\.[^'"]+)\.js['"]/g)) {
      waiting.push(join(dirname(file), `${path}.d.ts`).replaceAll('\\', '/'))
    }
  }
  return reached
}

/**
 * Whether a path fits a pattern with one star, which stands for a name without slashes.
 * @param {string} path
 * @param {string} start what is before the star
 * @param {string} end what is behind it
 */
function matches(path, start, end) {
  return path.startsWith(start) && path.endsWith(end) && !path.slice(start.length, -end.length).includes('/')
}

/**
 * Runs a Node script to its end.
 * @param {string} script
 * @param {string[]} arguments_
 */
async function run(script, ...arguments_) {
  const child = spawn(process.execPath, [script, ...arguments_], { stdio: 'inherit' })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${script} ${arguments_.join(' ')} failed (${String(code)})`)
}

/**
 * The files below a folder, sorted, with forward slashes.
 * @param {string} folder
 */
async function listFiles(folder) {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  return found
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name).replaceAll('\\', '/'))
    .sort()
}

/** @param {string[]} files */
async function hashFiles(files) {
  const hash = createHash('sha256')
  for (const file of files) {
    const content = await readFile(file)
    hash.update(`${file}\n${String(content.length)}\n`).update(content)
  }
  return hash.digest('hex')
}

/**
 * Another process may be reading the file: it sees the old or the new one, never half of it.
 * @param {string} file
 * @param {string | Uint8Array} content
 */
function writeAtomically(file, content) {
  mkdirSync(dirname(file), { recursive: true })
  const temporary = `${file}.${String(process.pid)}`
  writeFileSync(temporary, content)
  renameSync(temporary, file)
}
