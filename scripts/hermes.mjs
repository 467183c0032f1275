// Verification in Hermes, React Native's engine, which has BigInt but no WebAssembly: a presentation that Node made is verified there, and is
// refused for another message. Reports an engine that is missing. Its release of npm knows no classes, so the bundle is compiled to ES5, as
// React Native's Babel does.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as esbuild from 'esbuild'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What an embedder gives to an engine that lacks it. */
const platform = `
  var alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  globalThis.atob = function (text) {
    var bits = 0, count = 0, found = ''
    for (var i = 0; i < text.length && text[i] !== '='; i++) {
      bits = ((bits << 6) | alphabet.indexOf(text[i])) & 0xffff
      count += 6
      if (count >= 8) found += String.fromCharCode((bits >> (count -= 8)) & 255)
    }
    return found
  }
  globalThis.TextDecoder = function () {}
  TextDecoder.prototype.decode = function (octets) {
    return decodeURIComponent(Array.from(octets, function (octet) { return '%' + (octet < 16 ? '0' : '') + octet.toString(16) }).join(''))
  }
`
/** ES5 has no operator for powers: compilers make a call of it that knows no BigInt. */
const power = `
  var pow = Math.pow
  Math.pow = function (base, exponent) { return typeof base === 'bigint' ? base ** exponent : pow(base, exponent) }
`

/** Parameters, a token and its presentation, in hexadecimal. */
async function presentation() {
  const load = (/** @type {string} */ file) => import(pathToFileURL(join(root, 'build', file)).href)
  const { createEngine, encodeIssuerParameters, encodeProof, encodeToken, Issuer, presentToken, Prover } =
    await load('index.js')
  const { P256 } = await load('params/P256.js')
  const engine = await createEngine()
  const issuer = Issuer.create(engine.curve(P256), { uid: 'urn:example:1', attributes: 2, recommended: P256 })
  const { parameters } = issuer
  const attributes = ['Alice', 'member']
  const session = issuer.begin({ attributes })
  const prover = Prover.begin(parameters, { attributes })
  const [held] = prover.finish(session.respond(prover.respond(session.message1)))
  const { proof } = presentToken(parameters, held, { attributes, disclosed: [2], message: 'here' })
  const hex = (/** @type {Uint8Array} */ octets) => Buffer.from(octets).toString('hex')
  return {
    parameters: hex(encodeIssuerParameters(parameters)),
    token: hex(encodeToken(parameters, held.token)),
    proof: hex(encodeProof(parameters, proof)),
  }
}

/** The program, as one script of ES5. */
async function compiled() {
  const made = await presentation()
  const contents = `
    import { createCurveEngine, decodeIssuerParameters, decodeProof, decodeToken, IssuerParameters, presentToken, verifyPresentation } from './build/slim.js'
    import { P256 } from './build/params/slim/P256.js'

    const octets = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16))
    async function run() {
      const asked = await createCurveEngine({ backend: 'wasm', curves: [P256] }).catch(({ code }) => code)
      const engine = await createCurveEngine({ backend: 'bigint', curves: [P256] })
      const { group, values } = decodeIssuerParameters(octets('${made.parameters}'), { curves: [P256] })
      const parameters = IssuerParameters.verify(engine.group(group), values, { recommended: P256 })
      const token = decodeToken(parameters, octets('${made.token}'))
      const proof = decodeProof(parameters, octets('${made.proof}'))
      const before = Date.now()
      const verdict = verifyPresentation(parameters, token, proof, { message: 'here' })
      const milliseconds = Date.now() - before
      const disclosed = verdict.valid ? String.fromCharCode(...verdict.attributes.get(2)) : ''
      const { code } = verifyPresentation(parameters, token, proof, { message: 'there' })
      return { said: [asked, engine.backend, verdict.valid, disclosed, code], milliseconds }
    }
    run().catch(({ code, message }) => ({ said: [code, message] })).then((found) => print(JSON.stringify(found)))`
  const { outputFiles } = await esbuild.build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    format: 'iife',
    platform: 'browser',
    write: false,
  })
  const { outputText } = ts.transpileModule(outputFiles[0]?.text ?? '', {
    compilerOptions: { target: ts.ScriptTarget.ES5, downlevelIteration: true, ignoreDeprecations: '6.0' },
  })
  return outputText
}

/**
 * Runs a script, and returns what it prints last.
 * @param {string} hermes the engine
 * @param {string} file
 * @param {string} code
 */
function runIn(hermes, file, code) {
  writeFileSync(file, code)
  const { stdout, stderr } = spawnSync(hermes, [file], { encoding: 'utf8' })
  return stdout.trim().split('\n').at(-1) || stderr
}

const folder = mkdtempSync(join(tmpdir(), 'uprove-hermes-'))
try {
  writeFileSync(join(folder, 'package.json'), '{}')
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', 'hermes-engine-cli']
  spawnSync('npm', install, { cwd: folder, stdio: 'ignore', shell: process.platform === 'win32' })
  const system = { linux: 'linux64-bin', darwin: 'osx-bin' }[/** @type {'linux'} */ (process.platform)] ?? 'win64-bin'
  const hermes = join(folder, 'node_modules/hermes-engine-cli', system, 'hermes')
  if (!existsSync(hermes) || spawnSync(hermes, ['--version']).status !== 0) {
    console.log('hermes: SKIPPED, npm cannot install it on this platform')
  } else {
    const code = await compiled()
    const found = runIn(hermes, join(folder, 'verify.js'), platform + power + code)
    const bare = runIn(hermes, join(folder, 'bare.js'), power + code)
    const wanted = '"said":["engine/kernel-unavailable","bigint",true,"member","presentation/proof"]'
    const passed = found.includes(wanted) && bare.includes('this platform has no atob')
    console.log(`hermes: verification on BigInt ${passed ? 'passed' : 'FAILED'}`, found, bare.split('\n')[0])
    if (!passed) process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
