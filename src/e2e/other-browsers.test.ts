import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as esbuild from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser, serveFolder, visit, type ServedFolder } from './testing/browser.js'
import type { PageReport, PageVector } from './testing/curve-page.js'
import { vectorsForPage } from './testing/curve-vectors.js'
import { DemoProcess } from './testing/demo-process.js'
import type { EngineReport, FiguresReport } from './testing/engine-page.js'
import { otherBrowsers, type RunningBrowser } from './testing/webdriver/other-browsers.js'
import type { RemotePage } from './testing/webdriver/webdriver.js'

// The core, the pool and the wallet page in browsers other than Chromium. `npm run test:browsers` runs it by itself.

/** All vectors over curves as they are, and of one file those with another digit in an output. Chromium gets them of all. */
async function someVectors(): Promise<PageVector[]> {
  const vectors = await vectorsForPage()
  const changed = vectors.filter(({ differs }) => differs !== null)
  const file = changed[0]?.file.split(',')[0] ?? ''
  return vectors.filter((vector) => vector.differs === null || vector.file.startsWith(`${file},`))
}

const htmlOf = (script: string, data: string): string =>
  `<!doctype html><meta charset="utf-8"><title>-</title><output ${data}>working</output><script type="module" src="/${script}.js"></script>`

let folder: string
let served: ServedFolder
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uprove-browsers-'))
  served = await serveFolder(folder)
  await writeFile(join(folder, 'vectors.json'), JSON.stringify(await someVectors()))
  await esbuild.build({
    entryPoints: {
      vectors: 'src/e2e/testing/curve-page.ts',
      engine: 'src/e2e/testing/engine-page.ts',
      'pool-worker': 'src/pool/worker/worker.ts',
    },
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
  })
})
afterAll(async () => {
  served.close()
  await rm(folder, { recursive: true })
})

/** The final text of the page that runs a script. */
async function statusOf(page: RemotePage, script: 'vectors' | 'engine', data = ''): Promise<string> {
  await writeFile(join(folder, 'index.html'), htmlOf(script, data))
  await page.goTo(served.address)
  return page.waitFor(() => {
    const text = document.querySelector('output')?.textContent
    return text === 'working' ? undefined : text
  })
}

/** The figures of docs/browser.md. */
function printFigures(browser: string, found: FiguresReport): void {
  const rows = Object.entries(found).map(([what, { present, verify }]) => {
    return `${what}: ${present.toFixed(2)} ms to present, ${verify.toFixed(2)} ms to verify`
  })
  console.log([browser, ...rows].join('\n'))
}

function expectGain(found: FiguresReport): void {
  for (const group of ['P-256', 'L2048N256']) {
    const [wasm, bigint] = [found[`${group}, wasm`], found[`${group}, bigint`]]
    for (const step of ['present', 'verify'] as const) expect(wasm?.[step]).toBeLessThan(bigint?.[step] ?? 0)
  }
}

describe.skipIf(!hasBrowser)('Chromium, for comparison', () => {
  it('presents and verifies faster on its kernel than on BigInt', async () => {
    await writeFile(join(folder, 'index.html'), htmlOf('engine', 'data-work="figures"'))
    const found = JSON.parse((await visit(folder)).status) as FiguresReport
    printFigures('Chromium', found)
    expectGain(found)
  })
})

/** What a person does on the pages of the demo: `Visitor` does it in Chromium. */
class Walk {
  constructor(
    private readonly page: RemotePage,
    private readonly demo: DemoProcess,
  ) {}

  async goTo(place: 'wallet' | 'shop'): Promise<void> {
    const url = new URL(`?lang=en`, this.demo.url)
    url.hostname = `${place}.localhost`
    await this.page.goTo(url.href)
  }

  /** Presses a button or follows a link. */
  async press(name: string): Promise<void> {
    const find = (wanted: string) => {
      const all = [...document.querySelectorAll<HTMLElement>('button, a')]
      return all.find((element) => element.innerText.trim() === wanted && element.getClientRects().length > 0)
    }
    await this.page.click(find, name)
  }

  async fill(label: string, text: string): Promise<void> {
    const find = (wanted: string) => {
      const all = [...document.querySelectorAll('label')]
      const control = all.find(({ innerText }) => innerText.trim().startsWith(wanted))
        ?.control as HTMLInputElement | null
      if (control) control.value = ''
      return control
    }
    await this.page.type(text, find, label)
  }

  /** Waits until the page is about something. */
  async sees(heading: string): Promise<void> {
    await this.page.waitFor((wanted) => document.querySelector('h1')?.innerText.includes(wanted) || undefined, heading)
  }

  /** Waits until the newest line of the page's log is what was done, and the answer. */
  async logs(what: string, answer: string): Promise<void> {
    const newest = (...wanted: readonly string[]) => {
      const text = document.querySelector<HTMLElement>('[role=log] li')?.innerText ?? ''
      return wanted.every((part) => text.includes(part)) || undefined
    }
    await this.page.waitFor(newest, what, answer)
  }

  /** Waits until the page says something anywhere. */
  async reads(text: string): Promise<void> {
    await this.page.waitFor((wanted) => document.body.innerText.includes(wanted) || undefined, text)
  }
}

describe.each(otherBrowsers)('$name', ({ name, packages, isInstalled, start }) => {
  if (!isInstalled) console.warn(`SKIPPED: the tests in ${name}, because ${packages} is not installed`)
  const run = isInstalled ? it : it.skip
  let browser: RunningBrowser | undefined
  let page: RemotePage

  beforeAll(async () => {
    if (!isInstalled) return
    browser = await start()
    page = browser.page
  }, 60_000)
  afterAll(() => browser?.stop(), 30_000)

  run('runs the kernels that it can, the fastest of them by itself, and works on all cores', async () => {
    const { kernel, kernels, pool } = JSON.parse(await statusOf(page, 'engine')) as EngineReport
    console.log(
      `${name} ${page.version} takes ${kernel}; a pool has ${pool.workers} workers of ${pool.reported} processors`,
    )
    expect(kernels).toMatchObject({ simd: 'runs', scalar: 'runs' })
    // Relaxed SIMD may be missing, or present and not fused.
    expect(['runs', 'engine/kernel-unavailable', 'engine/kernel-failed']).toContain(kernels['relaxed-fma'])
    expect(kernel).toBe(kernels['relaxed-fma'] === 'runs' ? 'relaxed-fma' : 'simd')
    expect(pool).toMatchObject({
      inThread: false,
      workers: Math.min(pool.reported, Math.max(2, Math.floor(pool.reported / 2))),
      valid: 40,
      otherMessage: 'presentation/proof',
      wrongToken: 'element/length',
    })
  })

  run.each([
    ['wasm', 'auto'],
    ['wasm', 'simd'],
    ['wasm', 'scalar'],
    ['bigint', 'auto'],
  ])('agrees with vectors over curves on %s, %s; changed ones are refused', async (backend, kernel) => {
    const said = await statusOf(page, 'vectors', `data-backend="${backend}" data-kernel="${kernel}"`)
    const report = JSON.parse(said) as PageReport
    expect(report).toMatchObject({ backend, wrong: [] })
    if (kernel !== 'auto') expect(report.kernel).toBe(kernel)
    expect(report.values).toBeGreaterThan(2_000)
  })

  run('presents and verifies faster on its kernel than on BigInt', async () => {
    const found = JSON.parse(await statusOf(page, 'engine', 'data-work="figures"')) as FiguresReport
    printFigures(`${name} ${page.version}`, found)
    expectGain(found)
  })

  run('walks through the demo: obtains tokens, shows two claims, has copies and changes refused', async () => {
    const demo = await DemoProcess.start()
    try {
      const walk = new Walk(page, demo)
      await walk.goTo('wallet')
      await walk.sees('Your wallet is empty')
      await walk.press('Get tokens')
      // The page draws itself again once it knows them.
      await walk.reads('Fill in for Anna')
      await walk.fill('User name', 'anna')
      await walk.fill('Password', 'guessed')
      await walk.press('Log in')
      await walk.reads('do not belong together')
      await walk.fill('Password', 'harbour lights')
      await walk.press('Log in')
      await walk.press('Send tokens to my wallet')
      await walk.sees('10 tokens left')

      await walk.goTo('shop')
      await walk.press('Buy with my wallet')
      await walk.sees('Corner Cellar asks')
      await walk.press('Show these 2')
      await walk.sees('Ready to send')
      await walk.press('Send to Corner Cellar')
      await walk.sees('Thank you. Your bottle is packed.')
      for (const [button, answer] of [
        ['Send the same proof again', 'this proof was used before'],
        ['Change a fact and send it', 'Somebody has changed it'],
        ['Change one bit and send it', 'Somebody has changed it'],
      ] as const) {
        await walk.press(button)
        await walk.logs(button, answer)
      }

      await walk.goTo('wallet')
      await walk.sees('9 tokens left')
      await walk.reads('Shown: Over 18 and Country')
    } finally {
      await demo.stop()
    }
  })
})
