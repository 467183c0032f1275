// Pages in Chromium: what they show in the end, and what the browser complains of.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { extname, join, normalize } from 'node:path'
import { chromium } from 'playwright-core'
import { Failed, Skipped } from './folder.mjs'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

const types = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' }

/** What a page of a bundler may do: nothing but its own files and WebAssembly. */
export const strictPolicy = "default-src 'self' 'wasm-unsafe-eval'"

/**
 * Serves a folder, and returns what its page shows. Throws like `shownAt`.
 * @param {string} folder
 * @param {string | undefined} policy the Content-Security-Policy of all files
 * @param {{ milliseconds?: number }} [options] of `shownAt`
 */
export async function shownIn(folder, policy, options) {
  const server = createServer((request, response) => {
    const path = normalize(request.url === '/' ? '/index.html' : ((request.url ?? '').split('?')[0] ?? ''))
    if (policy !== undefined) response.setHeader('Content-Security-Policy', policy)
    response.setHeader('Content-Type', types[/** @type {'.js'} */ (extname(path))] ?? 'text/plain')
    readFile(join(folder, path)).then(
      (file) => response.end(file),
      () => response.writeHead(404).end(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  try {
    return await shownAt(`http://localhost:${String(port)}/`, options)
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

/**
 * What a page shows once it is done. Throws `Skipped` without Chromium, and `Failed` if it does not load, is not done in time, or
 * has errors and warnings on its console.
 * @param {string} address
 * @param {{ milliseconds?: number }} [options] how long it may take
 */
export async function shownAt(address, { milliseconds = 60_000 } = {}) {
  if (executablePath === undefined) throw new Skipped('Chromium is not installed')
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']
  const browser = await chromium.launch({ executablePath, args })
  try {
    const page = await browser.newPage()
    /** @type {string[]} */
    const complaints = []
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()) && !message.location().url.endsWith('/favicon.ico')) {
        complaints.push(message.text())
      }
    })
    const shown = async () => (await page.evaluate(() => document.body.innerText)).trim()
    const fail = (/** @type {string} */ what) => {
      throw new Failed([`${address} ${what}; its console has:`, ...complaints].join('\n'))
    }
    await page.goto(address, { timeout: milliseconds }).catch(({ message }) => fail(`does not load (${message})`))
    await page
      .waitForFunction(() => !/^(working)?$/.test(document.body.innerText.trim()), undefined, { timeout: milliseconds })
      .catch(async () => fail(`still shows "${await shown()}" after ${milliseconds} ms`))
    const text = await shown()
    if (complaints.length > 0) fail(`shows "${text}"`)
    return text
  } finally {
    await browser.close()
  }
}
