import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import * as esbuild from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine } from '../../bindings/loading/create-engine.js'
import { toHex } from '../../bindings/octets/integers.js'
import { P256 } from '../params/P256.js'
import { encodeIssuedToken, encodeIssuerParameters, encodeProof, Issuer, presentToken, Prover } from '../index.js'
import { hasBrowser, visit } from './testing/browser.js'

// Pages whose platform, or whose policy, has no WebAssembly or no workers by address: docs/embedding.md says what happens there.

/** Verifies what was made here, presents, and does so in a pool; says what each step gave. */
const page = (made: Readonly<Record<'parameters' | 'held' | 'proof', string>>): string => `
  import { createCurveEngine, createEngine, decodeIssuedToken, decodeIssuerParameters, decodeProof, IssuerParameters, presentToken,
    verifyPresentation } from 'uprove-wasm'
  import { P256 } from 'uprove-wasm/params/P256'
  import { createPool } from 'uprove-wasm/pool'

  const octets = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16))
  const codeOf = async (work) => {
    try {
      return await work()
    } catch ({ code }) {
      return code
    }
  }
  async function run() {
    const engine = await createEngine()
    const { backend, constantTime } = engine
    const asked = await codeOf(async () => (await createEngine({ backend: 'wasm' })).backend)
    const askedForCurves = await codeOf(async () => (await createCurveEngine({ backend: 'wasm', curves: [P256] })).backend)
    const { group, values } = decodeIssuerParameters(octets('${made.parameters}'), { curves: [P256] })
    const parameters = IssuerParameters.verify(engine.group(group), values, { recommended: P256 })
    const held = decodeIssuedToken(parameters, octets('${made.held}'))
    const proof = decodeProof(parameters, octets('${made.proof}'))
    const verify = (message) => verifyPresentation(parameters, held.token, proof, { message })
    const options = { attributes: ['Alice', 'member'], disclosed: [2], message: 'here' }
    const validOf = (presented) => verifyPresentation(parameters, held.token, presented, { message: 'here' }).valid
    const presenting = await codeOf(() => validOf(presentToken(parameters, held, options).proof))
    const allowed = validOf(presentToken(parameters, held, { ...options, allowVariableTime: true }).proof)
    const inPool = async (options) => {
      const pool = await createPool({ workers: 1, onEvent: () => undefined, ...options })
      const { valid } = await pool.verifyPresentation(parameters, held.token, proof, { message: 'there' })
      const said = [pool.inThread ? 'in this thread' : 'in workers', pool.engine.backend, valid]
      await pool.dispose()
      return said
    }
    const pool = await codeOf(() => inPool({}))
    const withoutFallback = await codeOf(() => inPool({ fallback: false }))
    const trusted = globalThis.trustedTypes?.createPolicy('pool-worker', { createScriptURL: () => './pool-worker.js' })
    const worker = trusted && (() => new Worker(trusted.createScriptURL(''), { type: 'module' }))
    const byPolicy = worker && (await codeOf(() => inPool({ fallback: false, worker })))
    return {
      backend, constantTime, asked, askedForCurves, presenting, allowed, pool, withoutFallback, byPolicy,
      verdict: verify('there').valid, otherMessage: verify('elsewhere').code,
    }
  }
  const status = document.querySelector('output')
  run().then(JSON.stringify, ({ stack }) => stack).then((text) => (status.textContent = text))
`

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uprove-refused-'))
  const engine = await createEngine()
  const issuer = Issuer.create(engine.curve(P256), { uid: 'urn:example:1', attributes: 2, recommended: P256 })
  const { parameters } = issuer
  const attributes = ['Alice', 'member']
  const session = issuer.begin({ attributes })
  const prover = Prover.begin(parameters, { attributes })
  const [held] = prover.finish(session.respond(prover.respond(session.message1)))
  const { proof } = presentToken(parameters, held!, { attributes, disclosed: [2], message: 'there' })
  const made = {
    parameters: toHex(encodeIssuerParameters(parameters)),
    held: toHex(encodeIssuedToken(parameters, held!)),
    proof: toHex(encodeProof(parameters, proof)),
  }
  engine.dispose()
  await esbuild.build({
    stdin: { contents: page(made), resolveDir: resolve('.') },
    outfile: join(folder, 'page.js'),
    bundle: true,
    format: 'esm',
  })
  await esbuild.build({
    entryPoints: { 'pool-worker': resolve('build/pool-worker.js') },
    outdir: folder,
    bundle: true,
    format: 'esm',
    external: ['node:*'],
  })
  const html = '<!doctype html><title>-</title><output>working</output><script type="module" src="./page.js"></script>'
  await writeFile(join(folder, 'index.html'), html)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const verified = { verdict: true, otherMessage: 'presentation/proof', allowed: true }
const onBigint = {
  ...verified,
  backend: 'bigint',
  constantTime: false,
  asked: 'engine/kernel-unavailable',
  askedForCurves: 'engine/kernel-unavailable',
  presenting: 'engine/variable-time',
  pool: ['in workers', 'bigint', true],
  withoutFallback: ['in workers', 'bigint', true],
}
const onWasm = {
  ...verified,
  backend: 'wasm',
  constantTime: true,
  asked: 'wasm',
  askedForCurves: 'wasm',
  presenting: true,
}

describe.skipIf(!hasBrowser)('a page in Chromium', () => {
  it('whose policy forbids WebAssembly verifies on BigInt, and keeps secrets from it unless it is told otherwise', async () => {
    const { status } = await visit(folder, { policy: "default-src 'none'; script-src 'self'; worker-src 'self'" })
    expect(JSON.parse(status)).toMatchObject(onBigint)
  })

  it('on a platform without WebAssembly and without compiled code, as in Lockdown Mode, does the same', async () => {
    const { status } = await visit(folder, { flags: ['--js-flags=--jitless'] })
    expect(JSON.parse(status)).toMatchObject(onBigint)
  })

  it('with Trusted Types has workers if it starts them through a policy', async () => {
    const policy =
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; require-trusted-types-for 'script'; trusted-types pool-worker"
    const { status } = await visit(folder, { policy })
    expect(JSON.parse(status)).toMatchObject({
      ...onWasm,
      pool: ['in this thread', 'wasm', true],
      withoutFallback: 'pool/no-workers',
      byPolicy: ['in workers', 'wasm', true],
    })
  })
})
