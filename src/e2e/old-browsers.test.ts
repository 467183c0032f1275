import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import * as esbuild from 'esbuild'
import { describe, expect, it } from 'vitest'
import { bundle } from '../../scripts/sizes.mjs'

const run = promisify(execFile)
const { browserslist, exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  browserslist: readonly string[]
  exports: Readonly<Record<string, { readonly default?: string }>>
}
/** The oldest browsers with the syntax, as esbuild names them. */
const targets = ['chrome91', 'edge91', 'safari15', 'ios15', 'firefox90']
/** What the oldest of them get from the embedder. */
const hasOwn = 'Object.hasOwn ??= (object, key) => Object.prototype.hasOwnProperty.call(object, key)'
const entries = Object.keys(exports).filter((entry) => !/\*|\.json$|server$/.test(entry))

describe('the oldest browsers', () => {
  it('are those that the documents name', () => {
    expect(browserslist).toEqual(['chrome >= 93', 'edge >= 93', 'safari >= 15.4', 'ios_saf >= 15.4', 'firefox >= 92'])
    const guide = readFileSync('docs/browser.md', 'utf8')
    for (const named of [
      'Chrome and Edge 93, Safari 15.4, Firefox 92',
      'Chrome and Edge 91, Safari 15 and Firefox 90',
      hasOwn,
    ]) {
      expect(guide).toContain(named)
    }
  })

  it.each(entries)('know the syntax of %s and of what it brings along', async (entry) => {
    const { octets } = await bundle(`import * as all from 'uprove-wasm${entry.slice(1)}'; console.log(all)`)
    // esbuild takes property escapes apart for all of them, which are older than they are.
    const code = Buffer.from(octets).toString().replaceAll('\\p{', '\\x{')
    const written = async (target: string | string[]): Promise<string> =>
      (await esbuild.transform(code, { target })).code
    expect(await written(targets)).toBe(await written('esnext'))
  })

  it('would be told apart from newer ones', async () => {
    const newer = 'class A { static { globalThis.a = 1 } }'
    expect((await esbuild.transform(newer, { target: targets })).code).not.toContain('static {')
  })

  // What came after them, taken away before anything is loaded but Node's own fetch, which Node loads at its first use and needs it.
  const removal = `
    void globalThis.Response
    const lists = [Array, Object.getPrototypeOf(Uint8Array), String, Set, Map, Object, Promise, Error]
    const names = ['at', 'findLast', 'findLastIndex', 'toSorted', 'toReversed', 'toSpliced', 'with', 'group', 'isWellFormed', 'toWellFormed',
      'union', 'intersection', 'difference', 'symmetricDifference', 'isSubsetOf', 'isSupersetOf', 'isDisjointFrom', 'getOrInsert',
      'hasOwn', 'groupBy', 'fromAsync', 'withResolvers', 'try', 'fromBase64', 'fromHex', 'toBase64', 'toHex', 'setFromBase64', 'isError']
    for (const owner of [...lists, ...lists.map(({ prototype }) => prototype), Uint8Array, Uint8Array.prototype]) {
      for (const name of names) delete owner[name]
    }
    for (const name of ['transfer', 'transferToFixedLength', 'resize', 'detached']) delete ArrayBuffer.prototype[name]
    for (const name of ['any', 'timeout']) delete AbortSignal[name]
    for (const name of ['throwIfAborted', 'reason']) delete AbortSignal.prototype[name]
    for (const name of ['structuredClone', 'Iterator', 'WeakRef', 'FinalizationRegistry', 'reportError']) delete globalThis[name]
    delete Crypto.prototype.randomUUID
    delete URL.canParse
    const missing = [[].at, ''.at, new Uint8Array().toSorted, Object.hasOwn, globalThis.structuredClone, crypto.randomUUID, AbortSignal.timeout]
    if (missing.some((value) => value !== undefined)) throw new Error('something is left')
    ${hasOwn}
  `
  const program = `
    const { createEngine, Issuer, presentToken, Prover, verifyPresentation } = await import('./build/index.js')
    const { P256 } = await import('./build/params/P256.js')
    const { L2048N256 } = await import('./build/params/L2048N256.js')
    const { createPool } = await import('./build/pool.js')
    const { tokenFromJson, tokenToJson } = await import('./build/storage.js')
    const { canonicalize, parseXml } = await import('./build/ws-trust.js')
    const { readJwk, createJsonIssuer, writeJwk } = await import('./build/json.js')
    await import('./build/wstep.js')
    await import('./build/xcep.js')
    const engine = await createEngine()
    const said = []
    for (const [recommended, revision] of [[P256, 3], [L2048N256, 1]]) {
      const issuer = Issuer.create(engine.group(recommended), { uid: 'urn:x', attributes: 2, recommended, revision })
      const { parameters } = issuer
      const attributes = ['Alice', 'member']
      const session = issuer.begin({ attributes, count: 3 })
      const prover = Prover.begin(parameters, { attributes, count: 3 })
      const [held] = prover.finish(session.respond(prover.respond(session.message1)))
      const { proof } = presentToken(parameters, held, { attributes, disclosed: [2], message: 'm' })
      const token = tokenFromJson(parameters, JSON.stringify(tokenToJson(parameters, held.token)))
      said.push(verifyPresentation(parameters, token, proof, { message: 'm' }).valid)
      const pool = await createPool({ workers: 0 })
      said.push((await pool.verifyPresentation(parameters, token, proof, { message: 'm' })).valid)
      const stopped = new AbortController()
      stopped.abort()
      const { signal } = stopped
      said.push(await pool.verifyPresentation(parameters, token, proof, { message: 'm' }, { signal }).catch(({ name }) => name))
      await pool.dispose()
    }
    const json = createJsonIssuer(engine.curve(P256), { recommended: P256, specification: { n: 1, attrTypes: ['role'] } })
    said.push(readJwk(JSON.stringify(writeJwk(json.parameters)), { engine, curves: [P256] }).n)
    const document = '<b:a xmlns:b="urn:b" xmlns:a="urn:a" z="1" a:y="2" x="3"><c/></b:a>'
    said.push(Buffer.from(canonicalize(parseXml(document))).toString())
    console.log(JSON.stringify(said))
  `

  it('lack functions that nothing here needs: it presents, in a pool too, reads JSON and canonicalises', async () => {
    const arguments_ = [
      '--import',
      `data:text/javascript,${encodeURIComponent(removal)}`,
      '--input-type=module',
      '--eval',
    ]
    const inFolder = program.replaceAll("import('./", `import('${pathToFileURL(resolve('.')).href}/`)
    const { stdout } = await run(process.execPath, [...arguments_, inFolder])
    const canonical = '<b:a xmlns:a="urn:a" xmlns:b="urn:b" x="3" z="1" a:y="2"><c></c></b:a>'
    const each = [true, true, 'AbortError']
    expect(JSON.parse(stdout)).toEqual([...each, ...each, 1, canonical])
  })
})
