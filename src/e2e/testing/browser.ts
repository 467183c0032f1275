import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

/** Whether Chromium is installed. Without it, tests that need it are skipped with a message. */
export const hasBrowser = executablePath !== undefined
if (!hasBrowser) console.warn('Skipping tests in a browser: Chromium is not installed')

/** Starts Chromium, headless, with further flags. */
export function launchBrowser(...flags: readonly string[]): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']
  return chromium.launch({ executablePath: executablePath!, args: [...args, ...flags] })
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
}
const strictPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'"

export interface VisitOptions {
  /** The Content-Security-Policy of all files. By default a strict one. */
  readonly policy?: string
  /** Further flags of Chromium. */
  readonly flags?: readonly string[]
}

export interface Visit {
  /** The final text of the element with the role `status`. */
  readonly status: string
  readonly requested: readonly string[]
  /** Violations of the policy, and uncaught errors. */
  readonly complaints: readonly string[]
}

/** A folder that is served on this machine. */
export interface ServedFolder {
  readonly address: string
  /** Paths, in order. */
  readonly requested: readonly string[]
  readonly close: () => void
}

/** Serves a folder under a policy, by default a strict one. */
export async function serveFolder(folder: string, policy = strictPolicy): Promise<ServedFolder> {
  const requested: string[] = []
  const server = createServer((request, response) => {
    const path = request.url === '/' ? '/index.html' : (request.url ?? '')
    if (path === '/favicon.ico') return void response.writeHead(204).end()
    requested.push(path)
    response.setHeader('Content-Security-Policy', policy)
    response.setHeader('Content-Type', types[extname(path)] ?? 'text/plain')
    readFile(join(folder, path)).then(
      (file) => response.end(file),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requested,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Serves a folder under a policy and opens its page in Chromium, until its status is no longer `working`. */
export async function visit(folder: string, { policy, flags = [] }: VisitOptions = {}): Promise<Visit> {
  const { address, requested, close } = await serveFolder(folder, policy)
  const browser = await launchBrowser(...flags)
  try {
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    await page.goto(address)
    const status = page.getByRole('status').filter({ hasNotText: /^working$/ })
    return { status: (await status.textContent()) ?? '', requested, complaints }
  } finally {
    await browser.close()
    close()
  }
}
