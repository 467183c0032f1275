import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeBase64 } from '../../bindings/octets/base64.js'
import { freePorts } from '../cli/demo/demo.js'
import { createEngine, encodeIssuerParameters, encodeToken, Issuer, Prover } from '../index.js'
import { PresentationVerifier } from '../json/index.js'
import { P256 } from '../params/P256.js'
import { encodePem } from '../pki/asn1/pem.js'
import { generateKey } from '../pki/keys/keys.js'
import { createCertificationRequest } from '../pki/requests/pkcs10.js'

const document = readFileSync('docs/command-line.md', 'utf8')
const program = fileURLToPath(new URL('../../build/cli.js', import.meta.url))
/** The commands of the guide, in order. */
const commands = [...document.matchAll(/^```sh\n([^]*?)^```$/gm)]
  .flatMap(([, block]) => block!.split('\n'))
  .filter((line) => line.startsWith('uprove '))

interface Done {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** What other programs may have written: Issuer parameters and a token, in octets, a challenge, and a request for a certificate. */
async function writeLibraryFiles(folder: string): Promise<void> {
  const engine = await createEngine()
  const issuer = Issuer.create(engine.curve(P256), { uid: 'urn:example:1', attributes: 1, recommended: P256 })
  const issuing = issuer.begin({ attributes: ['Alice'] })
  const prover = Prover.begin(issuer.parameters, { attributes: ['Alice'] })
  const [issued] = prover.finish(issuing.respond(prover.respond(issuing.message1)))
  writeFileSync(path.join(folder, 'parameters.bin'), encodeIssuerParameters(issuer.parameters))
  writeFileSync(path.join(folder, 'token.bin'), encodeToken(issuer.parameters, issued!.token))
  const { uid, hash, g0, encodings } = issuer.parameters
  const { h, sigmaZPrime, sigmaCPrime, sigmaRPrime } = issued!.token
  const parametersOfSdk = {
    ...{ uidp: encodeBase64(uid), descGq: { type: 'named', name: P256.oid }, uidh: hash },
    ...{ g: [encodeBase64(g0)], e: encodeBase64(Uint8Array.from(encodings)) },
  }
  const tokenOfSdk = {
    ...{ uidp: encodeBase64(uid), h: encodeBase64(h), szp: encodeBase64(sigmaZPrime) },
    ...{ scp: encodeBase64(sigmaCPrime), srp: encodeBase64(sigmaRPrime), d: false },
  }
  writeFileSync(path.join(folder, 'csharp-parameters.json'), JSON.stringify(parametersOfSdk))
  writeFileSync(path.join(folder, 'csharp-token.json'), JSON.stringify(tokenOfSdk))
  engine.dispose()
  const challenge = await new PresentationVerifier({ audience: 'https://shop.example', keys: [] }).challenge()
  writeFileSync(path.join(folder, 'challenge.json'), challenge)
  const { der } = await createCertificationRequest({ subject: 'CN=server', key: await generateKey('RSA-2048') })
  writeFileSync(path.join(folder, 'server.csr'), encodePem('CERTIFICATE REQUEST', der))
}

describe('docs/command-line.md', () => {
  let folder: string
  let environment: Record<string, string | undefined>
  let server: ChildProcess | undefined
  const words = { URL: '', DIR: 'deployment', ID: '', SERIAL: '' }

  const start = (line: string): ChildProcess => {
    const filled = line.replace(/\b(URL|DIR|ID|SERIAL)\b/g, (word) => words[word as keyof typeof words])
    const options = filled.split(' ').slice(1)
    return spawn(process.execPath, [program, ...options], { cwd: folder, env: { ...process.env, ...environment } })
  }

  async function finish(line: string): Promise<Done> {
    const child = start(line)
    let [out, err] = ['', '']
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text))
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, out, err }
  }

  async function serve(): Promise<void> {
    server = start('uprove serve DIR')
    server.stdout?.resume()
    await once(server.stderr!, 'data')
  }

  async function stop(): Promise<void> {
    const ended = server && once(server, 'exit')
    server?.kill('SIGTERM')
    await ended
    server = undefined
  }

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'command-line-'))
    await writeLibraryFiles(folder)
    environment = {}
    const [port, adminPort, httpPort, certificatePort] = await freePorts()
    const others = `--admin-port ${adminPort} --http-port ${httpPort} --certificate-port ${certificatePort}`
    const made = await finish(`uprove init DIR --port ${port} ${others} --json`)
    const { url, passwords } = JSON.parse(made.out) as { url: string; passwords: { alice: string } }
    words.URL = url
    environment = { UPROVE_PASSWORD: passwords.alice, UPROVE_PASSPHRASE: 'of your choice' }
    await serve()
  }, 180_000)
  afterAll(async () => {
    await stop()
    rmSync(folder, { recursive: true })
  }, 60_000)

  it('names every command', async () => {
    const { out } = await finish('uprove --help')
    const names = [...out.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name!)
    expect(names.length).toBeGreaterThan(11)
    for (const name of names) expect(document, name).toContain(`uprove ${name}`)
  })

  it('has commands that work as it says', { timeout: 300_000 }, async () => {
    expect(commands.length).toBeGreaterThan(20)
    for (const line of commands) {
      if (/^uprove (init|serve) |--watch/.test(line)) continue
      if (line.includes('rotate-key')) await stop()
      const { code, out, err } = await finish(line)
      // A fresh certificate cannot be renewed yet.
      const expected = line.includes('--renew ') ? 1 : 0
      expect({ code, err }, `${line}\n${err}`).toMatchObject({ code: expected })
      words.ID ||= /ca DIR approve (\d+)/.exec(out)?.[1] ?? ''
      words.SERIAL ||= /serial ([0-9a-f]+)/.exec(out)?.[1] ?? ''
    }
    for (const secret of ['alice.key', 'alice.wallet', 'phone', 'presentation.xml', 'presentation.jws']) {
      expect(statSync(path.join(folder, secret)).mode & 0o077, secret).toBe(0)
    }
  })
})
