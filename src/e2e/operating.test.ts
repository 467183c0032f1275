import { spawn } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { generateKey } from '../pki/keys/keys.js'
import { readConfiguration } from '../server/deployment/configuration.js'
import { httpsTransport } from '../server/http/https-transport.js'
import { FILES } from '../server/deployment/templates.js'
import { WstepClient } from '../wstep/client/client.js'
import { DeploymentClients } from './testing/deployment-clients.js'
import { PASSWORDS, ScratchDeployment } from './testing/scratch-deployment.js'
import { ServiceProcess } from './testing/service-process.js'

const root = new URL('../../', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8')
const operating = read('docs/operating.md')

describe('docs/operating.md', () => {
  const program = /^```javascript\n([^]*?)^```$/m.exec(operating)?.[1]

  it('has settings, files and metrics as they are, and a bearer token that works', async () => {
    const deployment = await ScratchDeployment.make('PGlite', [
      ['port: 8443', 'port: 0'],
      ['workers: auto', 'workers: 0'],
    ])
    const file = fileURLToPath(new URL('build/operating-bearer.mjs', root))
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const keyFile = path.join(deployment.folder, 'bearer.pem')
    try {
      const configuration = await readConfiguration(deployment.folder)
      const { claimProvider, authentication, limits, relyingParty, authority, remembered, log, ...settings } =
        configuration
      const names = [
        ...[settings, claimProvider, authentication, limits, relyingParty, authority, remembered, log],
      ].flatMap(Object.keys)
      expect(names.length).toBeGreaterThan(30)
      for (const name of names) expect(operating, name).toMatch(new RegExp(`[\`.]${name}[\`.]`))
      for (const name of Object.values(FILES)) {
        expect(operating, name).toContain(name.replace(/(authority|tls|claim-provider)\.crt$/, '$1.key'))
      }

      const node = await ServiceProcess.start(deployment.folder, deployment.environment)
      const clients = new DeploymentClients(deployment.folder, PASSWORDS)
      const metrics = String(await clients.operate(node, 'GET', '/metrics'))
      await node.kill('SIGTERM')
      const exposed = [...metrics.matchAll(/^# TYPE (uprove_\w+)/gm)].map(([, name]) => name!)
      expect(exposed.length).toBeGreaterThan(4)
      for (const name of exposed) expect(operating, name).toContain(`\`${name}\``)

      writeFileSync(file, program!)
      writeFileSync(keyFile, publicKey.export({ type: 'spki', format: 'pem' }))
      const child = spawn(process.execPath, [file, deployment.folder, keyFile], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ...deployment.environment },
      })
      const ended = once(child, 'exit')
      try {
        const port = await firstNumber(createInterface(child.stdout))
        const token = (claims: object): string => {
          const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
          const signed = `${part({ alg: 'ES256' })}.${part(claims)}`
          const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' })
          return `${signed}.${signature.toString('base64url')}`
        }
        const send = httpsTransport({
          ca: readFileSync(path.join(deployment.folder, FILES.authorityCertificate), 'utf8'),
        })
        const key = await generateKey('ECDSA-P256')
        const enroll = (bearer: string) =>
          new WstepClient({
            url: `https://localhost:${String(port)}/wstep`,
            transport: (url, { headers, ...rest }, options) =>
              send(url, { ...rest, headers: { ...headers, authorization: `Bearer ${bearer}` } }, options),
          }).enroll({ subject: 'CN=x', key, templateName: 'User' })
        const claims = { sub: 'alice', aud: 'https://tokens.example.com', exp: Date.now() / 1000 + 60 }
        expect(await enroll(token(claims))).toMatchObject({ status: 'issued' })
        const wrong = [
          { ...claims, sub: 'nobody' },
          { ...claims, aud: 'x' },
          { ...claims, exp: 1 },
        ].map(token)
        for (const bearer of [...wrong, `${token(claims).slice(0, -4)}AAAA`, 'x']) {
          await expect(enroll(bearer)).rejects.toMatchObject({ faultCode: 'Sender' })
        }
      } finally {
        child.kill()
        await ended
      }
    } finally {
      rmSync(file, { force: true })
      await deployment.remove()
    }
  }, 180_000)
})

/** The first line that is a number. The other lines are logs. */
async function firstNumber(lines: AsyncIterable<string>): Promise<number> {
  for await (const line of lines) if (/^\d+$/.test(line)) return Number(line)
  throw new Error('the process ended')
}
