// The sizes that embedders ship: bundles of typical imports, minified and gzipped, and kernels, with budgets. Exports `measureSizes()`;
// run, prints a table.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import * as esbuild from 'esbuild'

const set = `export { L2048N256 } from 'uprove-wasm/params/L2048N256'`
const curve = `export { P256 } from 'uprove-wasm/params/P256'`
const verifying = 'decodeIssuerParameters, decodeProof, decodeToken, IssuerParameters, verifyPresentation'
/** All but the engine of subgroups: what is exported here takes the place of what the star stands for. */
const withoutSubgroups = `export * from 'uprove-wasm'; export const createEngine = undefined`
const client = `export {
  createPresentationToken, createWalletKey, heldTokens, IndexedDbWalletStorage, loadIssuerParameters, presentFromWallet, SealedWallet,
  TokenClient, writePresentationToken
} from 'uprove-wasm/ws-trust'`

/**
 * @typedef {object} Size
 * @property {string} name what is imported
 * @property {number} minified bytes; of a kernel, as it is
 * @property {number} gzip bytes; of the line `beyond` names, only what comes on top
 * @property {number} budget bytes
 */

/** @type {{ name: string, code: string, budget: number, beyond?: string }[]} */
const bundles = [
  { name: 'everything, kernels inlined, with L2048N256', code: `export * from 'uprove-wasm'; ${set}`, budget: 64.1 },
  {
    name: 'verification, kernels inlined, with L2048N256',
    code: `export { createEngine, ${verifying} } from 'uprove-wasm'; ${set}`,
    budget: 54,
  },
  {
    name: 'everything, kernels inlined, with P256 and subgroups',
    code: `export * from 'uprove-wasm'; ${curve}`,
    budget: 80,
  },
  {
    name: 'everything for P256 alone',
    code: `${withoutSubgroups}; ${curve}`,
    budget: 62,
  },
  {
    name: 'verification for P256 alone',
    code: `export { createCurveEngine, ${verifying} } from 'uprove-wasm'; ${curve}`,
    budget: 52,
  },
  {
    name: 'everything for P256 alone, kernels by address',
    code: `export * from 'uprove-wasm/slim'; export const createEngine = undefined; export { P256 } from 'uprove-wasm/params/slim/P256'`,
    budget: 40,
  },
  { name: 'everything, kernels by address, no set', code: `export * from 'uprove-wasm/slim'`, budget: 37 },
  {
    name: 'verification, kernels by address, no set',
    code: `export { createEngine, ${verifying} } from 'uprove-wasm/slim'`,
    budget: 30,
  },
  {
    name: 'ws-trust: wallet and client, on top of everything',
    code: `export * from 'uprove-wasm'; ${set}; ${client}`,
    budget: 40,
    beyond: `export * from 'uprove-wasm'; ${set}`,
  },
  {
    name: 'ws-trust: all of it, on top of everything',
    code: `export * from 'uprove-wasm'; export * from 'uprove-wasm/ws-trust'; ${set}`,
    budget: 51,
    beyond: `export * from 'uprove-wasm'; ${set}`,
  },
  {
    name: 'json: all of it, on top of everything for P256 alone',
    code: `${withoutSubgroups}; ${curve}; export * from 'uprove-wasm/json'`,
    budget: 12,
    beyond: `${withoutSubgroups}; ${curve}`,
  },
  {
    name: 'storage: all of it, on top of everything for P256 alone',
    code: `${withoutSubgroups}; ${curve}; export * from 'uprove-wasm/storage'`,
    budget: 6,
    beyond: `${withoutSubgroups}; ${curve}`,
  },
  { name: 'pool: what the page loads', code: `export * from 'uprove-wasm/pool'`, budget: 66 },
  { name: 'pool: what its worker loads', code: `import 'uprove-wasm/pool/worker'`, budget: 54 },
]

/** Kernels of P-256: old engines, which alone take `scalar`, are often on slow networks too. */
const kernels = { 'relaxed-fma': 13, simd: 8, scalar: 4 }

/**
 * Bundles code as an embedder would.
 * @param {string} code
 * @param {string} [resolveDir] where the package is found by name
 */
export async function bundle(code, resolveDir = process.cwd()) {
  const { outputFiles, metafile, warnings } = await esbuild.build({
    stdin: { contents: code, resolveDir },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    metafile: true,
    write: false,
    outdir: '.',
    logLevel: 'silent',
  })
  return { octets: outputFiles[0]?.contents ?? new Uint8Array(), metafile, warnings }
}

/**
 * @param {string} [resolveDir] where the package is found by name
 * @returns {Promise<Size[]>}
 */
export async function measureSizes(resolveDir = process.cwd()) {
  const sizesOf = (/** @type {Uint8Array} */ octets) => ({
    minified: octets.length,
    gzip: gzipSync(octets, { level: 9 }).length,
  })
  const gzipped = async (/** @type {string} */ code) => sizesOf((await bundle(code, resolveDir)).octets)
  const { resolve } = createRequire(join(resolveDir, 'package.json'))
  const ofKernels = Object.entries(kernels).map(([kernel, budget]) => ({
    name: `the kernel ${kernel} of P-256`,
    ...sizesOf(readFileSync(resolve(`uprove-wasm/wasm/P-256/${kernel}.wasm`))),
    budget: budget * 1024,
  }))
  const ofBundles = await Promise.all(
    bundles.map(async ({ name, code, budget, beyond }) => {
      const [all, less] = [await gzipped(code), beyond === undefined ? undefined : await gzipped(beyond)]
      return {
        name,
        minified: all.minified - (less?.minified ?? 0),
        gzip: all.gzip - (less?.gzip ?? 0),
        budget: budget * 1024,
      }
    }),
  )
  return [...ofBundles, ...ofKernels]
}

/** @param {Size[]} sizes */
export function sizesTable(sizes) {
  const kib = (/** @type {number} */ bytes) => (bytes / 1024).toFixed(1)
  const lines = sizes.map(
    ({ name, minified, gzip, budget }) => `| ${name} | ${kib(minified)} | ${kib(gzip)} | ${kib(budget)} |`,
  )
  return ['| import | minified, KiB | gzip, KiB | budget, KiB |', '| --- | ---: | ---: | ---: |', ...lines].join('\n')
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const sizes = await measureSizes()
  console.log(sizesTable(sizes))
  if (sizes.some(({ gzip, budget }) => gzip > budget)) process.exitCode = 1
}
