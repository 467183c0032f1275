// Creates a deployment in a temporary folder and serves it together with this page, until Ctrl+C.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { createLog, initialize, startService } from 'uprove-wasm/server'

const usage = `npm run demo -- [OPTION...]

Serves the demo page and its services at https://localhost:8443.

  --port N    use another port; 0 takes a free one
  --help      show this help`

const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  ...["worker-src 'self'", "connect-src 'self'", "style-src 'self'", 'img-src data:'],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join('; ')

const here = fileURLToPath(new URL('.', import.meta.url))

/** @typedef {{ type: string, body: Uint8Array }} File */

/** The files of the page by path, with its scripts bundled. */
async function bundle() {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: ['page.js', 'wallet.js', 'measure.js'],
    outdir: 'dist',
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  /** @type {Map<string, File>} */
  const files = new Map()
  files.set('/', { type: 'text/html; charset=utf-8', body: await readFile(join(here, 'index.html')) })
  files.set('/style.css', { type: 'text/css; charset=utf-8', body: await readFile(join(here, 'style.css')) })
  for (const { path, contents } of outputFiles) {
    files.set(`/${basename(path)}`, { type: 'text/javascript; charset=utf-8', body: contents })
  }
  return files
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** The routes of the page. @param {Map<string, File>} files */
function routesOf(files) {
  return [...files].map(([path, { type, body }]) => ({
    name: `page ${path}`,
    method: /** @type {const} */ ('GET'),
    path,
    handle: async () => ({
      status: 200,
      headers: { 'content-type': type, 'content-security-policy': policy, 'referrer-policy': 'no-referrer' },
      body,
    }),
  }))
}

/** @param {number} port @param {string} folder */
async function serve(port, folder) {
  const [files, { url, passwords }] = await Promise.all([
    bundle(),
    initialize(folder, { url: `https://localhost:${port}`, port, environment: {} }),
  ])
  files.set('/users.json', { type: 'application/json', body: Buffer.from(JSON.stringify(passwords)) })
  const log = createLog('silent')
  const options = {
    log,
    routes: routesOf(files),
    adminListen: null,
    certificateListen: null,
    publicationListen: null,
    environment: {},
  }
  const service = await startService(folder, options)
  console.log(`Demo: ${url}/`)
  for (const [name, password] of Object.entries(passwords)) console.log(`  user ${name}, password ${password}`)
  console.log(`Your browser does not know the authority of this demo and warns you. Continue, or trust the certificate in
${join(folder, 'keys/authority.crt')} meanwhile. Ctrl+C ends the demo and removes its files.`)
  // The handlers stay: npm repeats a signal that all processes of the terminal have received already.
  await new Promise((resolve) => ['SIGINT', 'SIGTERM'].forEach((signal) => process.on(signal, resolve)))
  await service.close(1_000)
}

const { values } = parseArgs({
  options: { port: { type: 'string', default: '8443' }, help: { type: 'boolean', default: false } },
})
if (values.help) {
  console.log(usage)
} else {
  console.log('Creating keys, certificates, users and Issuer parameters ...')
  const folder = await mkdtemp(join(tmpdir(), 'uprove-demo-'))
  try {
    await serve(Number(values.port) || (await freePort()), folder)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
