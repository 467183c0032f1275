import { execFile } from 'node:child_process'
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { packed } from '../../build/kernels/packed.js'
import type { IssuedToken, IssuerParameters } from '../index.js'
import { P256 } from '../params/P256.js'
import { hasBrowser, visit } from './testing/browser.js'
import { install, type Installed } from './testing/installed.js'

const run = promisify(execFile)

let installed: Installed
let examples: string
beforeAll(async () => {
  installed = await install('esbuild', 'express', 'fastify', 'vite')
  examples = join(installed.folder, 'examples')
  await writeFile(join(installed.folder, 'package.json'), '{ "type": "module" }')
  await cp(resolve('examples'), examples, { recursive: true })
}, 60_000)
afterAll(() => installed.remove())

/** Runs a script and returns its output. */
async function print(...script: string[]): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, script, { cwd: examples })
  return stdout + stderr
}

const evaluate = (code: string): Promise<string> => print('--input-type=module', '--eval', code)

it('every example is tried here', async () => {
  const folders = (await readdir(examples, { withFileTypes: true })).filter((item) => item.isDirectory())
  // `deploy.test.ts` tests what is in `deploy`, `wallet-page.test.ts` the page in `wallet`.
  const tried = ['esbuild', 'middleware', 'node-commonjs', 'node-esm', 'own-ca', 'own-parts', 'vite', 'worker']
  expect(folders.map(({ name }) => name).filter((name) => !['deploy', 'wallet'].includes(name))).toEqual(tried)
})

describe('the example', () => {
  it('node-esm runs', async () => {
    expect(await print('node-esm/index.js')).toBe('wasm: citizen\n')
  })

  it('node-commonjs runs', async () => {
    expect(await print('node-commonjs/index.cjs')).toBe('wasm: citizen\n')
  })

  it('own-ca issues to whom its own rules allow', async () => {
    expect(JSON.parse(await print('own-ca/index.js'))).toEqual(['CN=alice', 'denied', 'not authenticated'])
  })

  it('own-parts runs on its own parts', async () => {
    const result = JSON.parse(await print('own-parts/index.js')) as unknown
    expect(result).toEqual({ first: true, again: false, refused: true, drew: true })
  })

  it('esbuild carries no kernel in its JavaScript, and finds them beside it', async () => {
    await print('esbuild/build.js')
    const dist = join(examples, 'esbuild/dist')
    expect(await readFile(join(dist, 'app.js'), 'utf8')).not.toContain(packed.deflated.slice(0, 40))
    expect((await readdir(dist)).filter((name) => name.endsWith('.wasm'))).toHaveLength(3)
    const report = `import('./esbuild/dist/app.js').then(async ({ start }) => console.log(JSON.stringify(await start())))`
    expect(JSON.parse(await evaluate(report))).toEqual({ backend: 'wasm', member: true })
  })

  it('vite is built, with kernels and worker as assets', async () => {
    await run(process.execPath, [resolve('node_modules/vite/bin/vite.js'), 'build'], { cwd: join(examples, 'vite') })
    const assets = await readdir(join(examples, 'vite/dist/assets'))
    expect(assets.map((name) => name.replace(/-[\w-]{8}\./, '.')).sort()).toEqual(
      ['index.js', 'pool-worker.js', 'relaxed-fma.wasm', 'scalar.wasm', 'simd.wasm'].sort(),
    )
  })

  it.skipIf(!hasBrowser)('vite runs in a browser with a strict policy, and fetches one kernel', async () => {
    const { status, requested, complaints } = await visit(join(examples, 'vite/dist'))
    expect([status, complaints]).toEqual(['wasm: 20 tokens from workers', []])
    const kernels = requested.filter((path) => path.endsWith('.wasm'))
    expect(new Set(kernels).size).toBe(1)
  })

  it('worker is built, and its page is small', async () => {
    await print('worker/build.js')
    const page = await readFile(join(examples, 'worker/dist/page.js'))
    expect(page.length).toBeLessThan(2_000)
  })

  it.skipIf(!hasBrowser)('worker runs in a browser with a strict policy', async () => {
    const { status, complaints } = await visit(join(examples, 'worker/dist'))
    expect([status, complaints]).toEqual(['wasm: 2 tokens, citizen', []])
  })
})

type Guard = object
interface GuardModule {
  readonly PresentationGuard: new (options: object) => Guard
}
interface HolderModule {
  readonly answer: (parameters: IssuerParameters, issued: IssuedToken, request: object) => Promise<string>
}
interface AppModule {
  readonly createApp: (guard: Guard) => RequestListener | FastifyApp
}
interface FastifyApp {
  ready(): Promise<void>
  readonly routing: RequestListener
  close(): Promise<void>
}

describe.each(['express', 'fastify'])('the example middleware, with %s,', (framework) => {
  const attributes = ['Alice', 'member']
  let parameters: IssuerParameters
  let tokens: IssuedToken[]
  let answer: HolderModule['answer']
  let listener: RequestListener
  let origin: string
  let close: () => Promise<void>

  beforeAll(async () => {
    const load = async (file: string): Promise<unknown> =>
      import(/* @vite-ignore */ pathToFileURL(join(examples, 'middleware', file)).href)
    // The guard and the holder import the installed package, which has its own engine.
    const entry = async (name: string): Promise<unknown> =>
      import(/* @vite-ignore */ pathToFileURL(join(installed.root, `build/${name}.js`)).href)
    const { createEngine, Prover } = (await entry('index')) as typeof import('../index.js')
    const { createJsonIssuer } = (await entry('json')) as typeof import('../json/index.js')
    const specification = { n: 2, attrTypes: ['name', 'role'] }
    const issuer = createJsonIssuer((await createEngine()).curve(P256), { recommended: P256, specification })
    ;({ parameters } = issuer)
    const contents = { attributes, tokenInformation: '{}', count: 8 }
    const issuing = issuer.begin(contents)
    const prover = Prover.begin(parameters, contents)
    tokens = prover.finish(issuing.respond(prover.respond(issuing.message1)))
    const { PresentationGuard } = (await load('guard.js')) as GuardModule
    ;({ answer } = (await load('holder.js')) as HolderModule)

    const server = createServer((request, response) => listener(request, response))
    await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const accepts = (disclosed: Map<number, Uint8Array>): boolean =>
      Buffer.from(disclosed.get(2) ?? []).toString() === 'member'
    const guard = new PresentationGuard({ parameters, audience: origin, accepts })
    const { createApp } = (await load(`${framework}.js`)) as AppModule
    const app = createApp(guard)
    if ('routing' in app) await app.ready()
    listener = 'routing' in app ? app.routing : app
    close = async () => {
      if ('routing' in app) await app.close()
      server.closeAllConnections()
      server.close()
    }
  })
  afterAll(() => close())

  let challenge: string
  beforeEach(async () => {
    const refusal = await fetch(`${origin}/members`)
    expect(refusal.status).toBe(401)
    challenge = refusal.headers.get('www-authenticate')!
  })

  const present = (changes: object = {}): Promise<string> =>
    answer(parameters, tokens.pop()!, {
      attributes,
      disclosed: [2],
      method: 'GET',
      url: `${origin}/members`,
      challenge,
      ...changes,
    })
  const ask = (authorization: string): Promise<Response> => fetch(`${origin}/members`, { headers: { authorization } })

  it('leaves other routes alone', async () => {
    expect(await (await fetch(origin)).json()).toEqual({ open: true })
  })

  it('lets a presentation pass, once', async () => {
    const authorization = await present()
    const first = await ask(authorization)
    expect([first.status, await first.json()]).toEqual([200, { role: 'member' }])
    const replay = await ask(authorization)
    expect([replay.status, await replay.json()]).toEqual([401, { error: 'a presentation is required' }])
    expect(replay.headers.get('www-authenticate')).toMatch(/^U-Prove challenge="[\w-]+"$/)
  })

  it('refuses a presentation with one character changed, in the message or in the proof', async () => {
    for (const part of [1, 2]) {
      const fresh = (await fetch(`${origin}/members`)).headers.get('www-authenticate')
      const parts = (await present({ challenge: fresh })).split('.')
      const at = parts[part]!.length >> 1
      const changed = parts[part]![at] === 'A' ? 'B' : 'A'
      parts[part] = parts[part]!.slice(0, at) + changed + parts[part]!.slice(at + 1)
      expect((await ask(parts.join('.'))).status).toBe(401)
    }
  })

  it('refuses a presentation that does not disclose what is asked for', async () => {
    expect((await ask(await present({ disclosed: [1] }))).status).toBe(401)
  })

  it('binds a presentation to its request, query included', async () => {
    const url = `${origin}/members?page=2`
    const other = (await fetch(url)).headers.get('www-authenticate')
    const authorization = await present({ url, challenge: other })
    expect((await ask(authorization)).status).toBe(401)
    expect((await fetch(url, { headers: { authorization } })).status).toBe(200)
  })

  it('answers no challenge of another service or request', async () => {
    for (const url of [`${origin}/others`, 'http://other.example/members']) {
      await expect(present({ url })).rejects.toMatchObject({ code: 'json/other-audience' })
    }
  })

  it('takes what is malformed for a refusal', async () => {
    for (const text of ['Basic x', 'U-Prove', 'U-Prove e30.e30.e30', 'U-Prove AAAA']) {
      expect((await ask(text)).status).toBe(401)
    }
  })
})
