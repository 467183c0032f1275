// One program serves all characters of the story, each on an origin of its own: a Claim Provider, a wallet, two Relying Parties, and
// the page that tells the story. `server/` is what they do; `pages/` is what people see, bundled by Vite.
import { readFile, readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createEngine } from 'uprove-wasm'
import { build } from 'vite'
import { createClaimProvider } from './server/claim-provider.js'
import { playStory } from './server/example-person.js'
import { createHost, membersOf } from './server/http.js'
import { compare, Ledger } from './server/ledger.js'
import { ordinaryStory } from './server/ordinary.js'
import { people } from './server/people.js'
import { createRelyingParty, policies } from './server/relying-party.js'

const usage = `npm run demo -- [OPTION...]

Serves the demonstration at http://localhost:8443.

  --port N    use another port; 0 takes a free one
  --help      show this help`

const here = fileURLToPath(new URL('.', import.meta.url))

/** @type {Record<string, string>} */
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
}

/** Bundles the pages, and reads what was made: files by path. */
async function bundle() {
  await build({ configFile: join(here, 'vite.config.js'), logLevel: 'error' })
  const dist = join(here, 'dist')
  const found = await readdir(dist, { recursive: true, withFileTypes: true })
  /** @type {Map<string, import('./server/http.js').Answer>} */
  const files = new Map()
  for (const item of found.filter((each) => each.isFile())) {
    const file = join(item.parentPath, item.name)
    const path = `/${file.slice(dist.length + 1).replaceAll('\\', '/')}`
    // Names of assets carry a hash of their contents.
    const caching = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
    const headers = { 'content-type': types[extname(file)] ?? 'text/plain', 'cache-control': caching }
    files.set(path, { headers, body: await readFile(file) })
  }
  return files
}

/** @param {import('node:http').Server} server @param {number} port @param {string} address @returns {Promise<number>} */
function listen(server, port, address) {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () => {
      const bound = server.address()
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port)
    })
  })
}

/** @param {number} wantedPort */
async function serve(wantedPort) {
  /** @type {(name: string) => import('./server/http.js').Site | undefined} */
  let siteOf = () => undefined
  const [files, engine] = await Promise.all([bundle(), createEngine()])
  // Browsers know that names below `localhost` are this machine, by IPv4 or by IPv6.
  const [byIPv4, byIPv6] = [createHost((name) => siteOf(name)), createHost((name) => siteOf(name))]
  const port = await listen(byIPv4, wantedPort, '127.0.0.1')
  await listen(byIPv6, port, '::1').catch(() => undefined)
  const origins = {
    story: `http://localhost:${port}`,
    claims: `http://claims.localhost:${port}`,
    wallet: `http://wallet.localhost:${port}`,
    shop: `http://shop.localhost:${port}`,
    forum: `http://forum.localhost:${port}`,
  }

  const ledger = new Ledger()
  const claims = await createClaimProvider(engine, { own: origins.claims, wallet: origins.wallet }, (facts, person) =>
    ledger.keepIssued(facts, person),
  )
  const { parameters, provider } = claims
  const shop = createRelyingParty(policies.shop, origins.shop, parameters, (facts) => ledger.keepVisit('shop', facts))
  const forum = createRelyingParty(policies.forum, origins.forum, parameters, (facts) =>
    ledger.keepVisit('forum', facts),
  )

  /** A site's own page at its root, and the files that all share. @param {string} page */
  const filesWith = (page) => (/** @type {string} */ path) => files.get(path === '/' ? `/${page}.html` : path)

  let isDown = false
  /** @type {import('./server/http.js').Site['routes']} */
  const story = {
    // What all parties hold, as if they had put their notes on one table.
    'GET /records': () => {
      const { visits, steps } = ledger
      const supposed = ledger.supposed()
      const offices = [...new Set(supposed)].flatMap((issued) => issued?.entry ?? [])
      return {
        json: {
          steps: [...steps],
          isDown,
          uprove: compare([...offices, ...visits]),
          ordinary: compare(ordinaryStory(visits, supposed)),
        },
      }
    },
    'POST /example': async ({ address }) => {
      const [person] = people
      if (person === undefined) return { status: 404 }
      const client = { id: person.id, person }
      ledger.clear()
      const steps = new Set(ledger.steps)
      await playStory(
        {
          parameters,
          issue: async (message) => {
            if (message.localName === 'RequestSecurityToken') return provider.request(client, message)
            claims.keepExchange(person, message, address)
            return provider.respond(client, message)
          },
          visits: [
            {
              party: origins.shop,
              ...shop,
              disclose: ['urn:example:over-18', 'urn:example:country'],
              recognise: false,
            },
            { party: origins.forum, ...forum, disclose: ['urn:example:country'], recognise: true },
          ],
        },
        address,
      )
      ledger.isExample = true
      ledger.steps = steps
      return { json: {} }
    },
    'POST /clear': () => {
      ledger.clear()
      return { json: {} }
    },
    // The Claim Provider can be switched off, to see that tokens work without it.
    'POST /claim-provider': ({ body }) => {
      isDown = membersOf(body)['down'] === true
      return { json: { isDown } }
    },
  }

  const storySite = { routes: story, files: filesWith('story') }
  const claimsSite = { routes: claims.routes, files: filesWith('claims'), calledFrom: origins.wallet }
  /** @type {import('./server/http.js').Site} */
  const claimsDown = {
    ...claimsSite,
    routes: Object.fromEntries(Object.keys(claims.routes).map((route) => [route, () => ({ status: 503, json: {} })])),
  }
  /** @type {Record<string, () => import('./server/http.js').Site>} */
  const named = {
    localhost: () => storySite,
    claims: () => (isDown ? claimsDown : claimsSite),
    wallet: () => ({ routes: {}, files: filesWith('wallet'), connect: [origins.claims] }),
    shop: () => ({ routes: shop.routes, files: filesWith('party') }),
    forum: () => ({ routes: forum.routes, files: filesWith('party') }),
  }
  siteOf = (name) => named[name]?.()

  console.log(`Demo: ${origins.story}/
Open it in a browser. Everything runs on this machine; Ctrl+C ends it.`)
  // The handlers stay: npm repeats a signal that all processes of the terminal have received already.
  await new Promise((resolve) => ['SIGINT', 'SIGTERM'].forEach((signal) => process.on(signal, resolve)))
  for (const host of [byIPv4, byIPv6]) {
    host.closeAllConnections()
    host.close()
  }
}

const { values } = parseArgs({
  options: { port: { type: 'string', default: '8443' }, help: { type: 'boolean', default: false } },
})
if (values.help) {
  console.log(usage)
} else {
  console.log('Bundling the pages, and making the key of the Claim Provider ...')
  await serve(Number(values.port))
}
