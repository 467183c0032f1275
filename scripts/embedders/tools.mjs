// The tools: which packages they are, what a section must end with, and what the table says of it.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failed } from './folder.mjs'
import { shownAt, shownIn, strictPolicy } from './page.mjs'

/**
 * @typedef {object} Run what a section gave
 * @property {import('./folder.mjs').Folder} folder
 * @property {string} output of all commands that ended
 * @property {string} [address] of the server, if one was started
 */

/**
 * @typedef {object} Tool
 * @property {string} tool its section in docs/start.md
 * @property {string[]} packages whose versions the table has; none for what comes with Node or the browser
 * @property {boolean} quick whether CI runs it
 * @property {string} needs what an embedder must set or write for it
 * @property {string} how what is tested
 * @property {(run: Run) => Promise<void>} check throws `Failed` or `Skipped`
 */

/** What pages and programs say in the end. */
const both = 'member; member, with workers'

/**
 * @param {string} found
 * @param {string} [wanted]
 */
function expectText(found, wanted = both) {
  if (found !== wanted) throw new Failed(`"${wanted}" was expected, not "${found}"`)
}

/** The last line that a program printed. */
const lastLine = (/** @type {string} */ output) => output.trim().split('\n').at(-1) ?? ''

/** Fails if a tool warned of the package. */
function expectNoWarning(/** @type {Run} */ { output }) {
  const lines = output
    .split('\n')
    .filter((/** @type {string} */ line) => /warn|critical dependency/i.test(line) && /uprove/i.test(line))
  if (lines.length > 0) throw new Failed(lines.join('\n'))
}

/** A check of what a bundler wrote, under a policy that allows nothing but the page's own files. */
const built =
  (/** @type {string} */ folder, /** @type {string | undefined} */ policy = strictPolicy) =>
  async (/** @type {Run} */ run) => {
    expectNoWarning(run)
    expectText(await shownIn(join(run.folder.path, folder), policy))
  }

const addressOf = (/** @type {Run} */ { address }) => {
  if (address === undefined) throw new Failed('the section starts no server')
  return address
}

const page = 'page in Chromium, pool of workers'

/** @type {Tool[]} */
export const tools = [
  {
    tool: 'TypeScript',
    packages: ['typescript'],
    quick: true,
    needs: '`"type": "module"`',
    how: 'program in Node, pool of workers; all entries but `server` compiled strictly, `nodenext` and `bundler`, without `skipLibCheck`, without the optional peers',
    check: async ({ folder, output }) => {
      expectText(lastLine(output))
      const { exports } = JSON.parse(readFileSync(join(folder.path, 'node_modules/uprove-wasm/package.json'), 'utf8'))
      const names = Object.keys(exports).filter((name) => !/\*|\.json$|server$/.test(name))
      const entries = [...names, './params/P256', './params/L2048N256', './params/slim/P256']
      const imports = entries.map((name, i) => `import * as m${i} from 'uprove-wasm${name.slice(1)}'\nvoid m${i}\n`)
      folder.write(new Map([['all/entries.ts', imports.join('')]]))
      const strict = {
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
      }
      const bundler = { ...strict, noEmit: true, target: 'es2022', module: 'esnext', moduleResolution: 'bundler' }
      const programs = [
        { ...strict, noEmit: true, target: 'es2022', module: 'nodenext', types: ['node'] },
        { ...bundler, types: ['node'] },
        // As a page has it.
        { ...bundler, types: [], lib: ['es2022', 'dom', 'dom.iterable'] },
      ]
      for (const compilerOptions of programs) {
        folder.write(new Map([['all/tsconfig.json', JSON.stringify({ compilerOptions, files: ['entries.ts'] })]]))
        await folder.run('npx tsc --project all')
      }
    },
  },
  {
    tool: 'CommonJS',
    packages: [],
    quick: true,
    needs: 'nothing',
    how: 'program in Node',
    check: async ({ output }) => expectText(lastLine(output), 'member'),
  },
  {
    tool: 'HTML without a bundler',
    packages: [],
    quick: true,
    needs: 'an import map; the standalone worker',
    how: page,
    // An import map stands in the page itself.
    check: async ({ folder }) => expectText(await shownIn(folder.path, `${strictPolicy} 'unsafe-inline'`)),
  },
  {
    tool: 'Vite',
    packages: ['vite'],
    quick: false,
    needs: 'nothing; up to Vite 7 `optimizeDeps.exclude`',
    how: `${page}; built, and from the development server`,
    check: builtAndServed('dist'),
  },
  {
    tool: 'Vite and React',
    packages: ['vite', 'react'],
    quick: false,
    needs: 'as Vite',
    how: `${page}; built, and from the development server`,
    check: builtAndServed('dist'),
  },
  {
    tool: 'Next',
    packages: ['next', 'react'],
    quick: false,
    needs: '`serverExternalPackages`',
    how: 'client component in Chromium and route handler, built, both with a pool of workers',
    check: async (run) => {
      expectNoWarning(run)
      expectText(await shownAt(addressOf(run)))
      expectText(await (await fetch(`${addressOf(run)}presentation`)).text())
    },
  },
  { tool: 'webpack', packages: ['webpack'], quick: false, needs: 'nothing', how: page, check: built('dist') },
  {
    tool: 'Rollup',
    packages: ['rollup'],
    quick: true,
    needs: 'the worker as an entry; `node-resolve`',
    how: page,
    check: built('dist'),
  },
  {
    tool: 'Parcel',
    packages: ['parcel'],
    quick: false,
    needs: '`packageExports: true`',
    how: page,
    // It writes an import map into the page itself.
    check: built('dist', `${strictPolicy} 'unsafe-inline'`),
  },
  {
    tool: 'esbuild',
    packages: ['esbuild'],
    quick: true,
    needs: 'the worker as an entry',
    how: page,
    check: built('dist'),
  },
  {
    tool: 'Jest',
    packages: ['jest', 'jest-environment-jsdom'],
    quick: true,
    needs: '`--experimental-vm-modules`; text encoders in jsdom',
    how: 'tests in Node with a pool of workers, and in jsdom',
    check: async ({ output }) => {
      if (!/Tests:\s+2 passed, 2 total/.test(output)) throw new Failed(output)
    },
  },
  {
    tool: 'vitest',
    packages: ['vitest', 'jsdom'],
    quick: false,
    needs: 'nothing',
    how: 'tests in Node with a pool of workers, and in jsdom',
    check: async ({ output }) => {
      if (!/Tests\s+2 passed \(2\)/.test(output)) throw new Failed(output)
    },
  },
  {
    tool: 'Cloudflare Workers',
    packages: ['wrangler'],
    quick: true,
    needs: 'the slim form; no pool',
    how: 'Worker in workerd, slim form with imported modules',
    check: async (run) => expectText(await (await fetch(addressOf(run))).text(), 'member'),
  },
]

/** A check of what a bundler wrote and of what its development server serves. */
function builtAndServed(/** @type {string} */ folder) {
  return async (/** @type {Run} */ run) => {
    if (!existsSync(join(run.folder.path, folder))) throw new Failed(`nothing was written to ${folder}`)
    await built(folder)(run)
    expectText(await shownAt(addressOf(run)))
  }
}
