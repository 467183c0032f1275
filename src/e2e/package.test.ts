import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, normalize, resolve } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packed as packedP256 } from '../../build/kernels/P-256/packed.js'
import { packed } from '../../build/kernels/packed.js'
import { bundle, measureSizes } from '../../scripts/sizes.mjs'
import { L1024N160, L2048N256, L3072N256 } from '../params/index.js'
import { entriesOf, install, linkPackages, unpack, type Entry, type Installed } from './testing/installed.js'

const run = promisify(execFile)

/** The beginning of a set's data: p in base64. */
const beginningOf = (p: bigint): string => Buffer.from(p.toString(16), 'hex').toString('base64').slice(0, 40)

let installed: Installed
let entries: Entry[]
beforeAll(async () => {
  installed = await install('typescript', '@types/node')
  entries = await entriesOf(installed)
}, 60_000)
afterAll(() => installed.remove())

/** The packages that an entry may import besides `@noble/hashes`. */
const xmlPackages = ['saxes', 'xmlchars']
const furtherPackages: Readonly<Record<string, readonly string[]>> = {
  'uprove-wasm/ws-trust': xmlPackages,
  'uprove-wasm/wstep': xmlPackages,
  'uprove-wasm/xcep': xmlPackages,
}
/** These carry kernels, which are unpacked; of the parameter sets those of curves. */
const withKernels = /^uprove-wasm(\/pool(\/worker)?|\/params(\/(P\d+|index))?)?$/
/** Entries for Node only, which cannot be bundled for browsers. */
const ofServers = ['uprove-wasm/server', 'uprove-wasm/store']
const forBrowsers = (): Entry[] => entries.filter(({ specifier }) => !ofServers.includes(specifier))

describe('the package', () => {
  it('holds what its entries import, and nothing else', async () => {
    const { root, manifest, files } = installed
    const paths = files.map(({ path }) => path)
    const kernels = ['', 'P-256/', 'P-384/', 'P-521/'].flatMap((group) =>
      ['relaxed-fma', 'simd', 'scalar'].map((kernel) => `build/kernels/${group}${kernel}.wasm`),
    )
    const programs = Object.values(manifest.bin)
    const code = await reachable(root, [...entries.map((entry) => entry.code), ...programs], (path) => path)
    const types = await reachable(
      root,
      entries.map((entry) => entry.types),
      (path) => path.replace(/\.js$/, '.d.ts'),
    )
    const schemas = (await readdir('schemas')).map((name) => `schemas/${name}`)
    const others = ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', ...kernels, ...schemas]
    expect([...paths].sort()).toEqual([...code, ...types, ...others].sort())
    const bytes = files.reduce((sum, { size }) => sum + size, 0)
    expect(bytes).toBeLessThan(2_950_000)
  })

  it('runs nothing when it is installed', () => {
    const { scripts } = installed.manifest
    const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish', 'preprepare', 'postprepare']
    expect(Object.keys(scripts).filter((name) => hooks.includes(name))).toEqual([])
  })

  it('has no fault that publint knows', async () => {
    const { messages } = await publint({ pkgDir: installed.root, strict: true, pack: false })
    expect(messages).toEqual([])
  })

  it('has types that resolve for ES modules and bundlers', async () => {
    const specifiers = entries.map(({ specifier }) => specifier.replace('uprove-wasm', '.'))
    const attw = resolve('node_modules/@arethetypeswrong/cli/dist/index.js')
    const options = ['--profile', 'esm-only', '--format', 'json', '--entrypoints', ...specifiers]
    const { stdout } = await run(process.execPath, [attw, installed.tarball, ...options], { maxBuffer: 1 << 26 })
    const { analysis, problems } = JSON.parse(stdout) as {
      analysis: { entrypoints: object }
      problems: Record<string, { kind: string; resolutionKind?: string }[]>
    }
    expect(Object.keys(analysis.entrypoints).sort()).toEqual([...specifiers].sort())
    // It warns that require() gets an ES module, which every supported Node version can load.
    const others = Object.values(problems)
      .flat()
      .filter(({ kind, resolutionKind }) => kind !== 'CJSResolvesToESM' && resolutionKind !== 'node10')
    expect(others).toEqual([])
  }, 120_000)

  it('has declarations that a strict compiler takes from ES modules and CommonJS modules', async () => {
    const imports = entries.map(({ specifier }, i) => `import * as m${i} from '${specifier}'\nvoid m${i}`)
    const use = `import { createEngine, type Subgroup } from 'uprove-wasm'
      export const order = async (): Promise<bigint> => {
        const group: Subgroup = (await createEngine({ wasm: new URL('file:///kernels/') })).subgroup({ p: 1n, q: 1n, g: 1n })
        // @ts-expect-error an element is more than octets
        group.invert(new Uint8Array(256))
        return group.q
      }`
    const files = ['consumer.mts', 'consumer.cts']
    for (const file of files) await writeFile(join(installed.folder, file), [...imports, use].join('\n'))
    const language = ['--strict', '--noEmit', '--target', 'es2022', '--module', 'node20']
    const libraries = ['--lib', 'es2022,dom', '--types', 'node']
    const tsc = resolve('node_modules/typescript/bin/tsc')
    const errors = await run(process.execPath, [tsc, ...language, ...libraries, ...files], {
      cwd: installed.folder,
    }).then(
      () => '',
      (error: unknown) => (error as { stdout: string }).stdout,
    )
    expect(errors).toBe('')
  }, 120_000)

  it('is loaded by import and by require()', async () => {
    const specifiers = JSON.stringify(entries.map(({ specifier }) => specifier))
    const script = `
      const assert = require('node:assert')
      Promise.all(${specifiers}.map(async (name) => assert.strictEqual(require(name), await import(name)))).then(() => console.log('same'))`
    await writeFile(join(installed.folder, 'require.cjs'), script)
    const { stdout, stderr } = await run(process.execPath, [join(installed.folder, 'require.cjs')])
    expect([stdout, stderr]).toEqual(['same\n', ''])
  })
})

describe('the kernels in the package', () => {
  it('are had by address in workers of a pool', async () => {
    const script = `
      import { createPool } from 'uprove-wasm/pool'
      import { createEngine, Issuer } from 'uprove-wasm/slim'
      import { L2048N256 } from 'uprove-wasm/params/L2048N256'
      const scalar = import.meta.resolve('uprove-wasm/wasm/scalar.wasm')
      const wasm = { scalar: new URL(scalar) }
      const issuer = Issuer.create((await createEngine({ wasm })).subgroup(L2048N256), { uid: 'urn:x', attributes: 0, recommended: L2048N256 })
      const pool = await createPool({ workers: 1, fallback: false, engine: { wasm } })
      const { kernel } = pool.engine
      const { count } = await pool.issuer(issuer).begin({ attributes: [], count: 3 })
      await pool.dispose()
      const wrong = { simd: scalar }
      const { code } = await createPool({ workers: 1, fallback: false, engine: { wasm: wrong } }).catch((error) => error)
      console.log(JSON.stringify({ kernel, count, code }))`
    await writeFile(join(installed.folder, 'pool.mjs'), script)
    const { stdout } = await run(process.execPath, [join(installed.folder, 'pool.mjs')])
    expect(JSON.parse(stdout)).toEqual({ kernel: 'scalar', count: 3, code: 'engine/wasm-other' })
  })
})

describe('the package without its optional peers', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'uprove-bare-'))
    await unpack(installed.tarball, folder)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  /** What a program of ES modules prints there, read as JSON. */
  const printed = async (program: string): Promise<unknown> => {
    await writeFile(join(folder, 'program.mjs'), program)
    const { stdout } = await run(process.execPath, [join(folder, 'program.mjs')])
    return JSON.parse(stdout)
  }
  const importing = (specifier: string): Promise<unknown> =>
    printed(`
      const said = await import('${specifier}').then(() => 'loaded', ({ code, message }) => [code, message])
      console.log(JSON.stringify(said))`)
  const uprove = (...arguments_: string[]): Promise<{ code: number; out: string; err: string }> =>
    run(process.execPath, [join(folder, 'node_modules/uprove-wasm/build/cli.js'), ...arguments_]).then(
      ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
      (error: unknown) => {
        const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
        return { code, out: stdout, err: stderr }
      },
    )

  it('loads every entry but the server', async () => {
    const names = entries.map(({ specifier }) => specifier).filter((name) => name !== 'uprove-wasm/server')
    const program = `await Promise.all(${JSON.stringify(names)}.map((name) => import(name))); console.log('"loaded"')`
    expect(await printed(program)).toBe('loaded')
  })

  it('says which packages a server needs, by import, by require() and on the command line', async () => {
    const text =
      'servers need packages that are not installed: pino, prom-client, yaml, zod. Run: npm install pino prom-client yaml zod' +
      ', and @electric-sql/pglite for a store in a folder, or pg for PostgreSQL'
    expect(await importing('uprove-wasm/server')).toEqual(['server/packages', text])
    const requiring = `import { createRequire } from 'node:module'
      try { createRequire(import.meta.url)('uprove-wasm/server') } catch ({ code }) { console.log(JSON.stringify(code)) }`
    expect(await printed(requiring)).toBe('server/packages')
    const err = `: ${text} (server/packages)\n`
    const deployment = join(folder, 'deployment')
    expect(await uprove('init', deployment)).toEqual({ code: 1, out: '', err: `uprove init${err}` })
    expect(await uprove('serve', deployment)).toEqual({ code: 1, out: '', err: `uprove serve${err}` })
  })

  it('has the commands that need no server', async () => {
    expect(await uprove('--version')).toEqual({ code: 0, out: `${installed.manifest.version}\n`, err: '' })
    const commands = ['init', 'serve', 'ca', 'obtain', 'renew']
    const helps = await Promise.all(commands.map((name) => uprove(name, '--help')))
    expect(helps.map(({ code, err }) => [code, err])).toEqual(commands.map(() => [0, '']))
    const schema = join(folder, 'node_modules/uprove-wasm/schemas/u-prove.xsd')
    expect(await uprove('inspect', '--c14n', schema)).toMatchObject({ code: 0, err: '' })
  })

  it('names only what is missing, and passes on the error of a package that is broken', async () => {
    await linkPackages(folder, ['pino', 'yaml', 'pg'])
    const text = 'servers need packages that are not installed: prom-client, zod. Run: npm install prom-client zod'
    expect(await importing('uprove-wasm/server')).toEqual(['server/packages', text])
    const broken = join(folder, 'node_modules/zod')
    await mkdir(broken)
    await writeFile(join(broken, 'index.js'), "require('some-package-that-zod-lacks')")
    const said = await importing('uprove-wasm/server')
    expect(said).toEqual(['MODULE_NOT_FOUND', expect.stringContaining('some-package-that-zod-lacks')])
    await rm(broken, { recursive: true })
  })

  it('has a server with the four, whose store says which of the others it needs', async () => {
    await linkPackages(folder, ['prom-client', 'zod'])
    await rm(join(folder, 'node_modules/pg'))
    const opening = `
      import { openStore } from 'uprove-wasm/server'
      const key = new Uint8Array(32)
      const codeOf = (location) => openStore(location, { key }).then(() => 'opened', ({ code }) => code)
      console.log(JSON.stringify([await codeOf({ folder: './store' }), await codeOf({ url: 'postgresql://localhost/x' })]))`
    expect(await printed(opening)).toEqual(['store/pglite-missing', 'store/pg-missing'])
  })
})

/** The given files of the package, and all files that they import, directly or not. */
async function reachable(root: string, from: readonly string[], fileOf: (path: string) => string): Promise<string[]> {
  const reached = new Set<string>()
  const waiting = from.map((path) => normalize(path))
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue
    reached.add(file)
    const text = await readFile(join(root, file), 'utf8')
    const imports = text.matchAll(/(?:from|import|import\(|new URL\() ?["'](\.[^"']+)["']/g)
    for (const [, path] of imports) waiting.push(normalize(join(dirname(file), fileOf(path!))))
  }
  return [...reached]
}

describe('what an embedder bundles', () => {
  /** The other packages that the code comes from. */
  const packagesIn = (inputs: Readonly<Record<string, { bytesInOutput: number }>>): string[] => {
    const used = Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    const names = used.map(([path]) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1])
    return [...new Set(names)].filter((name) => name !== undefined && name !== 'uprove-wasm').sort() as string[]
  }

  it('brings only the packages that the entry needs, and no warning', async () => {
    for (const { specifier } of forBrowsers()) {
      const { metafile, warnings } = await bundle(
        `import * as all from '${specifier}'; console.log(all)`,
        installed.folder,
      )
      const [{ inputs }] = Object.values(metafile.outputs) as [(typeof metafile.outputs)[string]]
      const unpacking = withKernels.test(specifier) ? ['fflate'] : []
      const allowed = ['@noble/hashes', ...unpacking, ...(furtherPackages[specifier] ?? [])]
      expect([specifier, packagesIn(inputs).filter((name) => !allowed.includes(name))]).toEqual([specifier, []])
      expect([specifier, warnings]).toEqual([specifier, []])
    }
  })

  it('neither evaluates text as code, nor awaits at the top', async () => {
    for (const { specifier } of forBrowsers()) {
      const { octets } = await bundle(`import * as all from '${specifier}'; console.log(all)`, installed.folder)
      const code = Buffer.from(octets).toString()
      expect(code).not.toMatch(/\beval\(|new Function\b|\bFunction\(/)
      expect(code).not.toMatch(/^(?:import[^\n]*\n)*await /)
    }
  })

  /** Texts and property names that survive minifying, by the part of the package that they belong to. */
  const markers: Readonly<Record<string, string>> = {
    issuance: 'issuer/key-mismatch',
    proving: 'finish(',
    device: 'device/other-generator',
    subgroups: 'q-not-divisor',
    'kernels of subgroups': packed.deflated.slice(0, 40),
    'kernels of P-256': packedP256.deflated.slice(0, 40),
    XML: 'http://www.w3.org/2001/10/xml-exc-c14n#',
    CMS: '1.2.840.113549.1.7.2',
    ...Object.fromEntries([L1024N160, L2048N256, L3072N256].map(({ name, p }) => [name, beginningOf(p)])),
  }
  const found = async (code: string): Promise<string[]> => {
    const { octets } = await bundle(code, installed.folder)
    const text = Buffer.from(octets).toString()
    return Object.entries(markers).flatMap(([name, marker]) => (text.includes(marker) ? [name] : []))
  }
  const verifying = 'decodeIssuerParameters, decodeProof, decodeToken, IssuerParameters, verifyPresentation'

  it('has what it imports', async () => {
    const all = `export * from 'uprove-wasm'; export * from 'uprove-wasm/ws-trust'; export * from 'uprove-wasm/params'`
    expect(await found(all)).toEqual(Object.keys(markers).filter((name) => name !== 'CMS'))
  })

  it('has nothing of issuance, XML, PKI or other sets, if it only verifies', async () => {
    const set = `export { L2048N256 } from 'uprove-wasm/params/L2048N256'`
    const code = `export { createEngine, ${verifying} } from 'uprove-wasm'; ${set}`
    expect(await found(code)).toEqual(['subgroups', 'kernels of subgroups', 'L2048N256'])
  })

  it('has nothing of subgroups, if it binds curves alone', async () => {
    const code = `export { createCurveEngine, ${verifying} } from 'uprove-wasm'; export { P256 } from 'uprove-wasm/params/P256'`
    expect(await found(code)).toEqual(['kernels of P-256'])
  })

  it('has no kernels, if it takes them from elsewhere', async () => {
    expect(await found(`export { createEngine, ${verifying} } from 'uprove-wasm/slim'`)).toEqual(['subgroups'])
    const curve = `export { P256 } from 'uprove-wasm/params/slim/P256'`
    expect(await found(`export { createCurveEngine, ${verifying} } from 'uprove-wasm/slim'; ${curve}`)).toEqual([])
  })

  it('is made of the modules that verification needs', async () => {
    // The chunks of the package hide modules, so this bundles the sources.
    const { metafile } = await bundle(`export { createEngine, ${verifying} } from './src/index.js'`)
    const [{ inputs }] = Object.values(metafile.outputs) as [(typeof metafile.outputs)[string]]
    const used = Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    const modules = used.map(([path]) => path).filter((path) => path.startsWith('src/'))
    expect(modules).toContain('src/uprove/presentation/verification.ts')
    // Verification shares the signature's hash with issuance, and the powers of pseudonyms with Devices.
    const shared = ['src/uprove/issuance/blinding.ts', 'src/uprove/device/pseudonym.ts']
    expect(
      modules.filter(
        (path) =>
          /\/(?:issuance|device)\/|\/(?:issuer|issuer-key|presentation|precomputation)\.ts|params\/L/.test(path) &&
          !shared.includes(path),
      ),
    ).toEqual([])
    expect(modules.filter((path) => !/^src\/(?:uprove|hash|group|params|protocols|index)/.test(path))).toEqual([])
  })

  it('is as small as it has to be', async () => {
    const sizes = await measureSizes(installed.folder)
    expect(sizes.filter(({ gzip, budget }) => gzip > budget || gzip < 1024)).toEqual([])
  })
})
