import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import * as esbuild from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { build as viteBuild } from 'vite'

/** What somebody writes who uses the pool: tokens issued, presented and verified, and where that was done. */
const consumer = `
  import { createEngine, Issuer } from 'uprove-wasm'
  import { createPool } from 'uprove-wasm/pool'
  import { L2048N256 } from 'uprove-wasm/params/L2048N256'

  export async function run(options) {
    const engine = await createEngine()
    const group = engine.subgroup(L2048N256)
    const issuer = Issuer.create(group, { uid: 'urn:example:issuer', attributes: 1, recommended: L2048N256 })
    const { parameters } = issuer
    const attributes = ['Alice']
    const pool = await createPool({ workers: 2, ...options })
    const session = await pool.issuer(issuer).begin({ attributes, count: 40 })
    const prover = await pool.beginProver(parameters, { attributes, count: 40 })
    const tokens = await prover.finish(await session.respond(await prover.respond(session.message1)))
    const requests = []
    for await (const { value } of pool.presentTokens(parameters, tokens.map((issued) => ({ issued, attributes, message: 'm' })))) {
      requests.push({ token: tokens[requests.length].token, proof: value.proof, message: 'm' })
    }
    let valid = 0
    for await (const result of pool.verifyPresentations(parameters, requests)) valid += Number(result.valid)
    const wrong = await pool.verifyToken(parameters, { ...tokens[0].token, h: new Uint8Array(3) }).catch((error) => error.code)
    const { inThread, size } = pool
    await pool.dispose()
    return { inThread, size, valid, wrong }
  }
`
const expected = { inThread: false, size: 2, valid: 40, wrong: 'element/length' }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uprove-bundling-'))
  await mkdir(join(folder, 'node_modules'))
  await symlink(resolve('.'), join(folder, 'node_modules/uprove-wasm'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writeFile(join(folder, 'consumer.js'), consumer)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs a module of a consumer in Node; its default export is the result. */
async function inNode(file: string): Promise<unknown> {
  const script = `import(${JSON.stringify(file)}).then(async (m) => console.log(JSON.stringify(await m.default)))`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (data: Buffer) => (output += data.toString()))
  const [code] = (await once(child, 'close')) as [number]
  expect(code).toBe(0)
  return JSON.parse(output)
}

const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' }

/** Opens the page of a folder in Chromium, and resolves to what it posts. */
async function inBrowser(root: string): Promise<unknown> {
  let browser: ChildProcess | undefined
  const posted = new Promise<string>((settle) => {
    const server = createServer((request, response) => {
      if (request.method === 'POST') {
        let body = ''
        request.on('data', (data: Buffer) => (body += data.toString()))
        request.on('end', () => {
          response.end()
          server.close()
          settle(body)
        })
        return
      }
      const path = request.url === '/' ? '/index.html' : (request.url ?? '')
      response.setHeader('Content-Security-Policy', "default-src 'self' 'wasm-unsafe-eval'")
      response.setHeader('Content-Type', types[extname(path)] ?? 'text/plain')
      readFile(join(root, path)).then(
        (file) => response.end(file),
        () => response.writeHead(404).end(),
      )
    })
    server.listen(0, '127.0.0.1', () => {
      const flags = [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-sync',
      ]
      const profile = `--user-data-dir=${join(folder, 'profile')}`
      const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`
      browser = spawn(chromium!, [...flags, '--disable-background-networking', profile, url], { stdio: 'ignore' })
    })
  })
  try {
    return JSON.parse(await posted)
  } finally {
    browser?.kill()
    if (browser !== undefined) await once(browser, 'close')
  }
}

const report = (options: string) => `
  import { run } from './consumer.js'
  const result = run(${options}).catch((error) => String(error.stack))
  result.then((value) => fetch('/', { method: 'POST', body: JSON.stringify(value) }))
`
const page = '<!doctype html><script type="module" src="./page.js"></script>'

describe('the pool, as it is installed,', () => {
  it('has its worker beside it', async () => {
    await writeFile(join(folder, 'plain.js'), `import { run } from './consumer.js'\nexport default run()`)
    expect(await inNode(join(folder, 'plain.js'))).toEqual(expected)
  })

  it.each([2, 0])('keeps no process alive that forgot to dispose of it, with %i workers', async (workers) => {
    const idle = `
      import { createEngine, Issuer } from 'uprove-wasm'
      import { createPool } from 'uprove-wasm/pool'
      import { L2048N256 } from 'uprove-wasm/params/L2048N256'
      const group = (await createEngine()).subgroup(L2048N256)
      const issuer = Issuer.create(group, { uid: 'urn:x', attributes: 0, recommended: L2048N256 })
      const pool = await createPool({ workers: ${String(workers)} })
      export default (await pool.issuer(issuer).begin({ attributes: [] })).count
    `
    const file = join(folder, `idle-${String(workers)}.js`)
    await writeFile(file, idle)
    expect(await inNode(file)).toBe(1)
  })
})

describe('the pool, bundled with esbuild,', () => {
  const bundle = (entryPoints: Record<string, string>, outdir: string) =>
    esbuild.build({
      absWorkingDir: folder,
      entryPoints,
      outdir: join(folder, outdir),
      bundle: true,
      format: 'esm',
      platform: 'browser',
      logLevel: 'error',
    })

  it('finds a worker that is bundled beside it', async () => {
    await writeFile(join(folder, 'beside.js'), `import { run } from './consumer.js'\nexport default run()`)
    await bundle({ app: './beside.js', 'pool-worker': 'uprove-wasm/pool/worker' }, 'beside')
    expect(await inNode(join(folder, 'beside/app.js'))).toEqual(expected)
  })

  it('takes a worker from where it is told', async () => {
    const options = `{ worker: new URL('./workers/mine.js', import.meta.url) }`
    await writeFile(join(folder, 'told.js'), `import { run } from './consumer.js'\nexport default run(${options})`)
    await writeFile(join(folder, 'mine.js'), `import 'uprove-wasm/pool/worker'`)
    await bundle({ app: './told.js', 'workers/mine': './mine.js' }, 'told')
    expect(await inNode(join(folder, 'told/app.js'))).toEqual(expected)
  })

  it('works in this thread where the worker was left behind', async () => {
    await bundle({ app: './beside.js' }, 'alone')
    expect(await inNode(join(folder, 'alone/app.js'))).toEqual({ ...expected, inThread: true, size: 1 })
  })

  it.skipIf(chromium === undefined)('runs in a browser with a strict policy', async () => {
    await writeFile(join(folder, 'page.js'), report('{}'))
    await bundle({ page: './page.js', 'pool-worker': 'uprove-wasm/pool/worker' }, 'site')
    await writeFile(join(folder, 'site/index.html'), page)
    expect(await inBrowser(join(folder, 'site'))).toEqual(expected)
  })
})

describe('the pool, bundled with Vite,', () => {
  let site: string
  beforeAll(async () => {
    site = join(folder, 'vite-site')
    await writeFile(join(folder, 'page.js'), report('{}'))
    await writeFile(join(folder, 'index.html'), page)
    await viteBuild({ root: folder, configFile: false, logLevel: 'error', build: { outDir: site } })
  })

  it('brings the worker along, once, without being told', async () => {
    const assets = await readdir(join(site, 'assets'))
    expect(assets.filter((name) => name.includes('pool-worker'))).toHaveLength(1)
  })

  it.skipIf(chromium === undefined)('runs in a browser with a strict policy', async () => {
    expect(await inBrowser(site)).toEqual(expected)
  })
})
