// Installs and builds what is not up to date, so that `npm start` and `npm test` work on a fresh clone.
// Runs before the install: Node's own modules only.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const lockFile = 'build/.lock'
const heartbeat = 1_000
const abandonedAfter = 15_000
const installStamp = 'node_modules/.uprove-wasm-install'

/**
 * Waits until no other process holds the lock, and takes it until this one exits: `npm start` and `npm test` may be run
 * at once. The holder touches the file every second, so one left behind by a killed process is recognised by its age.
 */
async function lock() {
  await mkdir('build', { recursive: true })
  for (let waited = false; !(await createLockFile()); waited = true) {
    if (!waited) console.log('waiting for another install or build to end')
    await sleep(200)
    const found = await stat(lockFile).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > abandonedAfter) await rm(lockFile, { force: true })
  }
  process.once('exit', () => {
    rmSync(lockFile, { force: true })
  })
  process.once('SIGINT', () => process.exit(130))
  process.once('SIGTERM', () => process.exit(143))
  setInterval(() => {
    const now = new Date()
    utimes(lockFile, now, now).catch(() => undefined)
  }, heartbeat).unref()
}

async function createLockFile() {
  try {
    await writeFile(lockFile, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false
    throw error
  }
}

async function install() {
  const hash = createHash('sha256')
    .update(await readFile('package-lock.json'))
    .digest('hex')
  if (existsSync(installStamp) && (await readFile(installStamp, 'utf8')) === hash) return
  console.log('install: npm ci')
  // Other package managers set npm_execpath too, but have no `ci`.
  const npm = process.env['npm_execpath']
  const arguments_ = ['ci', '--include=dev', '--no-audit', '--no-fund']
  const child =
    npm !== undefined && basename(npm) === 'npm-cli.js'
      ? spawn(process.execPath, [npm, ...arguments_], { stdio: 'inherit' })
      : spawn('npm', arguments_, { stdio: 'inherit', shell: process.platform === 'win32' })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`npm ci failed (${String(code)})`)
  await writeFile(installStamp, hash)
}

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
try {
  await lock()
  await install()
  const { build } = await import('./build.mjs')
  await build({ force: process.argv.includes('--force') })
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
