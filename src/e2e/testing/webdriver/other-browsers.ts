import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { overHttp, overMarionette, RemotePage } from './webdriver.js'

/** A browser that runs, with one page. */
export interface RunningBrowser {
  readonly page: RemotePage
  /** Ends it and all its processes. */
  readonly stop: () => Promise<void>
}

export interface OtherBrowser {
  readonly name: string
  /** The packages of Debian that have it. */
  readonly packages: string
  readonly isInstalled: boolean
  readonly start: () => Promise<RunningBrowser>
}

const firstOf = (paths: readonly string[]): string | undefined => paths.find((path) => existsSync(path))
const firefox = firstOf(['/usr/bin/firefox-esr', '/usr/bin/firefox'])
const webkitDriver = firstOf(['/usr/bin/WebKitWebDriver'])
const xvfb = firstOf(['/usr/bin/xvfb-run'])
/** WebKitGTK's own browser is in the folder of libraries of this processor. */
const miniBrowser = existsSync('/usr/lib')
  ? firstOf(readdirSync('/usr/lib').map((folder) => `/usr/lib/${folder}/webkit2gtk-4.1/MiniBrowser`))
  : undefined

/** The browsers beside Chromium that the tests know. */
export const otherBrowsers: readonly OtherBrowser[] = [
  { name: 'Firefox', packages: 'firefox-esr', isInstalled: firefox !== undefined, start: startFirefox },
  {
    name: 'WebKitGTK',
    packages: 'webkit2gtk-driver xvfb',
    isInstalled: webkitDriver !== undefined && miniBrowser !== undefined && xvfb !== undefined,
    start: startWebKit,
  },
]

async function startFirefox(): Promise<RunningBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'uprove-firefox-'))
  // Any free port; Firefox writes which one it took.
  await writeFile(join(profile, 'user.js'), 'user_pref("marionette.port", 0)\n')
  const group = new ProcessGroup(firefox!, ['--marionette', '--headless', '--no-remote', '--profile', profile])
  return group.running(profile, async () => {
    const port = await group.soon(async () => Number(await readFile(join(profile, 'MarionetteActivePort'), 'utf8')))
    return RemotePage.start(await group.soon(() => overMarionette(port)))
  })
}

/** On a screen that nobody sees: WebKitGTK has no other. */
async function startWebKit(): Promise<RunningBrowser> {
  const home = await mkdtemp(join(tmpdir(), 'uprove-webkit-'))
  const port = await freePort()
  const env = { ...process.env, HOME: home, XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home }
  const command = ['--auto-servernum', webkitDriver!, `--port=${port}`, '--host=127.0.0.1']
  const group = new ProcessGroup(xvfb!, command, { env })
  const browserOptions = { binary: miniBrowser, args: ['--automation'] }
  return group.running(home, async () => {
    await group.soon(() => fetch(`http://127.0.0.1:${port}/status`))
    return RemotePage.start(overHttp(port), { 'webkitgtk:browserOptions': browserOptions })
  })
}

/** A process and those that it starts. */
class ProcessGroup {
  private readonly leader: ChildProcess

  constructor(command: string, args: readonly string[], options: SpawnOptions = {}) {
    this.leader = spawn(command, args, { ...options, stdio: 'ignore', detached: true })
  }

  /** Tries until it succeeds, for half a minute. */
  async soon<R>(attempt: () => Promise<R>): Promise<R> {
    for (const end = Date.now() + 30_000; ;) {
      try {
        return await attempt()
      } catch (error) {
        if (Date.now() > end || this.hasEnded) throw error
      }
      await delay(100)
    }
  }

  /** The browser once it has a page. Its folder is removed in the end. */
  async running(folder: string, open: () => Promise<RemotePage>): Promise<RunningBrowser> {
    const stop = async (page?: RemotePage): Promise<void> => {
      page?.close()
      await this.end()
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
    }
    try {
      const page = await open()
      return { page, stop: () => stop(page) }
    } catch (error) {
      await stop()
      throw error
    }
  }

  private get hasEnded(): boolean {
    return this.leader.exitCode !== null || this.leader.signalCode !== null
  }

  private async end(): Promise<void> {
    if (this.hasEnded || this.leader.pid === undefined) return
    const ended = once(this.leader, 'exit')
    process.kill(-this.leader.pid, 'SIGTERM')
    await Promise.race([ended, delay(5_000)])
    try {
      process.kill(-this.leader.pid, 'SIGKILL')
    } catch {
      // All of them have ended.
    }
    await ended
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
