// Writes build/: the WebAssembly kernels, the bundled JavaScript, the declarations. Called by bootstrap.mjs, after the install.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { chmod, readdir, readFile, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { Worker } from 'node:worker_threads'
import { deflateRawSync } from 'node:zlib'
import * as esbuild from 'esbuild'
import { curves } from './curve/curves.mjs'

/** The bundles: a file in build/ (without `.js`), and its source. package.json's `exports` and `bin` name the former. */
const entries = {
  index: 'src/index.ts',
  slim: 'src/slim.ts',
  cli: 'src/cli/main.ts',
  start: 'src/cli/start.ts',
  pool: 'src/pool/index.ts',
  // Beside the code of the pool, where the pool looks for it.
  'pool-worker': 'src/pool/worker/worker.ts',
  pki: 'src/pki/index.ts',
  'ws-trust': 'src/ws-trust/index.ts',
  json: 'src/json/index.ts',
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
  'params/slim/P256': 'src/params/slim/P256.ts',
  'params/slim/P384': 'src/params/slim/P384.ts',
  'params/slim/P521': 'src/params/slim/P521.ts',
  storage: 'src/storage/index.ts',
}
/**
 * The programs that are not published: measurements, and the peers that they need. Bundled separately, so that the package
 * contains no part of them.
 */
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
  'bench/json': 'bench/protocols/json.ts',
  'bench/browser': 'bench/browser/main.ts',
  'bench/farm': 'bench/simulation/main.ts',
  'bench/farm-worker': 'bench/simulation/worker.ts',
  'bench/service': 'bench/service/main.ts',
  'bench/store': 'bench/service/store.ts',
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

  const { targets } = JSON.parse(await readFile('asconfig.json', 'utf8'))
  const kernels = /** @type {import('./curve/generate.mjs').KernelName[]} */ (Object.keys(targets))
  const ofKernels = ['asconfig.json', 'scripts/compile-kernel.mjs']
  const ofSubgroups = [...ofKernels, ...(await importsOf('assembly/index.ts'))]
  const ofCurves = [...ofKernels, ...(await importsOf('assembly/curve/index.ts'))]
  const generator = (await listFiles('scripts/curve')).filter((file) => !file.endsWith('.test.ts'))
  const compilers = new Compilers()
  const compile = (/** @type {string | undefined} */ curve) =>
    kernels.map((kernel) => () => {
      const inputs = curve === undefined ? ofSubgroups : [...ofCurves, ...generator]
      return step(['kernel', curve, kernel].filter(Boolean).join(' '), inputs, () =>
        compilers.compile({ kernel, curve }),
      )
    })
  const sourcesIn = async (/** @type {string} */ folder) =>
    (await listFiles(folder)).filter((file) => !/\.test\.ts$|\/testing\//.test(file))
  const sources = [...(await sourcesIn('bindings')), ...(await sourcesIn('src'))]
  const declarations = () =>
    step('declarations', [...sources, 'package.json', 'tsconfig.json', 'tsconfig.build.json'], makeDeclarations)
  const cores = [undefined, ...curves.map(({ name }) => name)]
  for (const core of cores) declareKernels(core, kernels)
  try {
    await inTurns(availableParallelism(), [declarations, ...cores.toReversed().flatMap(compile)])
  } finally {
    await compilers.close()
  }

  const binaries = cores.flatMap((core) => kernels.map((kernel) => `${folderOf(core)}/${kernel}.wasm`))
  await step('kernel modules', binaries, async () =>
    (await Promise.all(cores.map((core) => packKernels(core, kernels)))).flat(),
  )
  // Some of them drive what tests drive.
  // Measurements fill stores and make requests with what tests have for that.
  const isForTests = (/** @type {string} */ file) => /\/testing\/.*\.ts$/.test(file)
  const ofTests = (await Promise.all(['bindings', 'src'].map(listFiles))).flat().filter(isForTests)
  const benchmarkSources = [...(await sourcesIn('bench')).filter((file) => file.endsWith('.ts')), ...ofTests]
  await Promise.all([
    step('bundles', [...sources, ...binaries], () => makeBundles(entries, 'chunk-')),
    step('standalone worker', [...sources, ...binaries], makeStandaloneWorker),
    step('benchmarks', [...sources, ...binaries, ...benchmarkSources], () => makeBundles(benchmarks, 'bench/chunks/')),
  ])
}

/**
 * The files that an entry of the core imports, itself included; not the field of a curve, which is generated.
 * @param {string} entry
 */
async function importsOf(entry) {
  /** @type {Set<string>} */
  const found = new Set()
  const waiting = [entry]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file) || !existsSync(file)) continue
    found.add(file)
    for (const [, path = ''] of (await readFile(file, 'utf8')).matchAll(/from '(\.[^']+)'/g)) {
      waiting.push(join(dirname(file), `${path}.ts`).replaceAll('\\', '/'))
    }
  }
  return [...found].sort()
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

/** Threads that compile kernels. Each is started when it is first needed, and kept: the compiler takes long to load. */
class Compilers {
  /** @type {Worker[]} */
  #all = []
  /** @type {Worker[]} */
  #idle = []

  /**
   * Compiles a kernel. Returns the paths of the outputs.
   * @param {import('./compile-kernel.mjs').Job} job
   */
  async compile(job) {
    const worker = this.#idle.pop() ?? this.#start()
    worker.postMessage(job)
    await once(worker, 'message')
    this.#idle.push(worker)
    const base = `${folderOf(job.curve)}/${job.kernel}`
    return [`${base}.wasm`, ...(job.curve === undefined ? [] : [`${base}.field.ts`])]
  }

  close() {
    return Promise.all(this.#all.map((worker) => worker.terminate()))
  }

  #start() {
    const worker = new Worker(new URL('./compile-kernel.mjs', import.meta.url))
    this.#all.push(worker)
    return worker
  }
}

/**
 * Where the kernels of a core are: of a curve, or of all subgroups.
 * @param {string | undefined} curve
 */
function folderOf(curve) {
  return curve === undefined ? 'build/kernels' : `build/kernels/${curve}`
}

/**
 * Declares the modules that `packKernels` writes, independent of their contents.
 * @param {string | undefined} curve
 * @param {string[]} kernels
 */
function declareKernels(curve, kernels) {
  const lengths = `{ ${kernels.map((kernel) => `readonly '${kernel}': number`).join('; ')} }`
  const digests = `{ ${kernels.map((kernel) => `readonly '${kernel}': string`).join('; ')} }`
  const declarations = {
    packed: `export declare const packed: { readonly deflated: string; readonly lengths: ${lengths} }\n`,
    digests: `export declare const digests: ${digests}\n`,
  }
  for (const [name, text] of Object.entries(declarations)) {
    const file = `${folderOf(curve)}/${name}.d.ts`
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeAtomically(file, text)
  }
}

/**
 * Writes the modules that carry the kernels of a core, and their digests. Returns the paths of the outputs.
 * Kernels are deflated together, since they are similar.
 * @param {string | undefined} curve
 * @param {string[]} kernels
 */
async function packKernels(curve, kernels) {
  const folder = folderOf(curve)
  const binaries = await Promise.all(kernels.map((kernel) => readFile(`${folder}/${kernel}.wasm`)))
  const ofEach = (/** @type {(binary: Buffer) => number | string} */ value) =>
    JSON.stringify(Object.fromEntries(kernels.map((kernel, i) => [kernel, value(binaries[i] ?? Buffer.of())])))
  const deflated = deflateRawSync(Buffer.concat(binaries), { level: 9, memLevel: 9 }).toString('base64')
  const lengths = ofEach((binary) => binary.length)
  const digests = ofEach((binary) => createHash('sha256').update(binary).digest('hex'))
  writeAtomically(`${folder}/packed.js`, `export const packed = { deflated: '${deflated}', lengths: ${lengths} }\n`)
  writeAtomically(`${folder}/digests.js`, `export const digests = ${digests}\n`)
  return [`${folder}/packed.js`, `${folder}/digests.js`]
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
  const kernels = outputFiles.filter(({ text }) => text.includes('deflated: "')).map(({ path }) => basename(path))
  /** @type {string[]} */
  const outputs = []
  for (const { path, text } of outputFiles) {
    const output = relative('', path)
    // Chunks are also imported for the order in which they run. None depends on it, and bundlers warn of such imports.
    const plain = text.replace(/^import "\.[^"]+\.js";\n/gm, '')
    // Programs begin with a line for the shell, and are not bundled.
    const code = plain.startsWith('#!') ? plain : kernelsFirst(plain, kernels)
    if (code === '') continue
    writeAtomically(output, code)
    if (text.startsWith('#!')) await chmod(output, 0o755)
    outputs.push(output)
  }
  // Files of interrupted builds are not in any stamp.
  const left = (await listFiles('build')).filter(
    (file) => file.startsWith(`build/${chunks}`) && !outputs.includes(file),
  )
  await Promise.all(left.map((file) => rm(file, { force: true })))
  return outputs
}

/**
 * Code that imports the chunks with kernels before others: between code they would keep bundles from being compressed well.
 * @param {string} code
 * @param {string[]} kernels the names of those chunks
 */
function kernelsFirst(code, kernels) {
  const statement = /^import \{[^}]*\} from "\.[^"]*\/([^"/]+)";\n/gm
  const imports = [...code.matchAll(statement)].map(([text, name = '']) => ({ text, isKernel: kernels.includes(name) }))
  const sorted = [...imports.filter(({ isKernel }) => isKernel), ...imports.filter(({ isKernel }) => !isKernel)]
  return sorted.map(({ text }) => text).join('') + code.replace(statement, '')
}

/** The worker of the pool with all that it imports, for pages without a bundler: workers have no import maps. */
async function makeStandaloneWorker() {
  const { outputFiles } = await esbuild.build({
    entryPoints: { 'standalone-pool-worker': entries['pool-worker'] },
    outdir: 'build',
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['node:*'],
    legalComments: 'inline',
    write: false,
    logLevel: 'warning',
  })
  return outputFiles.map(({ path, text }) => {
    writeAtomically(relative('', path), text)
    return relative('', path)
  })
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
    // Of the files that match a pattern, those whose code is an entry.
    const isEntry = (/** @type {string} */ file) =>
      code.replace('*', file.slice(start.length, -end.length)).slice('./build/'.length, -'.js'.length) in entries
    return made.filter((file) => matches(file, start, end) && isEntry(file))
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
 * Whether a path fits a pattern with one star.
 * @param {string} path
 * @param {string} start what is before the star
 * @param {string} end what is behind it
 */
function matches(path, start, end) {
  return path.startsWith(start) && path.endsWith(end)
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
