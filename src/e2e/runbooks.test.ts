import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import tls from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePorts } from '../cli/demo/demo.js'
import { openPglite } from '../store/database/pglite.js'
import { hasPostgres, TestServer } from '../store/testing/postgres.js'
import { Operations, runbook, runbookTitles, type NodePorts } from './testing/runbooks.js'

const made = fileURLToPath(new URL('testing/deployment-f038aa5', import.meta.url))
/** The status of `/readyz`; 0 if the node does not answer. */
async function readiness(port: number): Promise<number> {
  const options = { port, path: '/readyz', rejectUnauthorized: false, agent: false, timeout: 5_000 }
  return new Promise((resolve) => {
    const outgoing = request(options, (incoming) => resolve(incoming.resume().statusCode ?? 0))
    outgoing
      .on('timeout', () => outgoing.destroy())
      .on('error', () => resolve(0))
      .end()
  })
}

/** Gives the folder that commit f038aa5 made the ports of a node. */
function takePorts(folder: string, { port, admin }: NodePorts): void {
  const yaml = path.join(folder, 'uprove.yaml')
  const text = readFileSync(yaml, 'utf8')
    .replace('port: 18443 }', `port: ${port} }`)
    .replace('port: 18444 }', `port: ${admin} }`)
  writeFileSync(yaml, text)
}

/** The runbooks that a test below ran. */
const ran: string[] = []
const steps = (title: string): string[] => {
  ran.push(title)
  return runbook(title)
}

describe.runIf(hasPostgres('the tests of the runbooks'))(
  'the runbooks of docs/operating.md',
  { timeout: 180_000 },
  () => {
    let root: string
    let folder: string
    let server: TestServer
    let farm: Operations
    const nodes: Record<string, NodePorts> = {}
    const files = (name: string): string => path.join(root, name)
    const at = (node = 'node-1'): string => `--url https://localhost:${nodes[node]!.port} --ca "$D/keys/authority.crt"`
    const alice = '--user alice --password-file alice.password'
    /** A new certificate of Alice's; its serial number. */
    const enroll = async (name: string, node?: string): Promise<string> => {
      await farm.run(`uprove enroll ${at(node)} ${alice} --template User --out ${name}`)
      return execFileSync('openssl', ['x509', '-in', files(`${name}.crt`), '-noout', '-serial'], { encoding: 'utf8' })
        .trim()
        .slice('serial='.length)
        .toLowerCase()
    }
    const listed = (serial: string): Promise<string> => farm.run(`uprove ca "$D" list --serial ${serial} --json`)
    /** Presents a token of a wallet. */
    const present = (wallet: string): Promise<string> =>
      farm.run(`rm -f shown.xml
      uprove present --wallet ${wallet} --passphrase-file alice.password --relying-party https://localhost:8443 --disclose country --out shown.xml
      uprove verify ${at('node-2')} shown.xml`)
    const obtain = (wallet: string): Promise<string> =>
      farm.run(`uprove obtain ${at()} ${alice} --claim 2 --wallet ${wallet} --passphrase-file alice.password`)
    /** The serial number of the certificate that a node shows. */
    const shown = async (node: string): Promise<string> => {
      const socket = tls.connect({ port: nodes[node]!.port, servername: 'localhost', rejectUnauthorized: false })
      await once(socket, 'secureConnect')
      const { serialNumber } = socket.getPeerCertificate()
      socket.destroy()
      return serialNumber
    }

    beforeAll(async () => {
      root = mkdtempSync(path.join(tmpdir(), 'runbooks-'))
      cpSync(made, root, { recursive: true })
      folder = path.join(root, 'deployment')
      const [p1, a1, p2, a2] = await freePorts()
      nodes['node-1'] = { port: p1, admin: a1 }
      nodes['node-2'] = { port: p2, admin: a2 }
      takePorts(folder, nodes['node-1'])
      server = await TestServer.start()
      for (const name of ['uprove', 'other']) {
        await server.query('postgres', `CREATE DATABASE ${name}`)
        await server.query(name, readFileSync(path.join(made, 'store.sql'), 'utf8'))
      }
      farm = new Operations(root, folder, nodes, server.networkUrl('uprove'))
      // The certificate of TLS was valid for a year. This records the new one elsewhere, and leaves the database as it was.
      await farm.run(`DATABASE_URL=${server.networkUrl('other')} uprove tls renew "$D"`)
    }, 180_000)
    afterAll(async () => {
      for (const node of Object.keys(nodes)) await farm.kill(node)
      await server.stop()
      rmSync(root, { recursive: true })
    })

    it('upgrade a deployment of the previous release: certificates, requests, revocations, wallets', async () => {
      const [, withMigration = ''] = steps('Upgrade')
      const out = await farm.run(withMigration)
      expect(out).toContain('The schema is up to date.')
      expect(readFileSync(files('npm.log'), 'utf8')).toBe(
        'node-1 install --global uprove-wasm@latest\nnode-2 install --global uprove-wasm@latest\n',
      )
      const list = JSON.parse(await farm.run('uprove ca "$D" list --status revoked --json')) as unknown[]
      expect(JSON.stringify(list)).toContain('keyCompromise')
      const serial = execFileSync('openssl', ['x509', '-in', files('alice.crt'), '-noout', '-serial'], {
        encoding: 'utf8',
      })
      expect(await listed(serial.trim().slice(7))).toContain('"account": "alice"')

      const pending = readFileSync(files('waits.pending'), 'utf8')
      const { requestId } = JSON.parse(pending) as { requestId: string }
      writeFileSync(files('waits.pending'), pending.replace(/localhost:\d+/g, `localhost:${nodes['node-2']!.port}`))
      await farm.run(`uprove ca "$D" approve ${requestId}`)
      await farm.run(`uprove enroll --ca "$D/keys/authority.crt" ${alice} --query waits.pending`)
      expect(existsSync(files('waits.crt'))).toBe(true)
      expect(await present('alice.wallet')).toContain('SE')
      await obtain('alice.wallet')
      expect(await present('alice.wallet')).toContain('Accepted')
      await enroll('after-upgrade')
    })

    it('replace nodes one after another, and clients see nothing of it', async () => {
      const [rolling = ''] = steps('Upgrade')
      const state = { done: false }
      const upgrade = farm.run(rolling).finally(() => (state.done = true))
      let asked = 0
      // As a load balancer does: what one node does not take, another gets.
      const ask = async (): Promise<void> => {
        for (const node of ['node-1', 'node-2']) {
          const answer = await readiness(nodes[node]!.port)
          if (answer === 200) return
        }
        throw new Error('no node answered')
      }
      while (!state.done) {
        await ask()
        asked++
      }
      await upgrade
      expect(asked).toBeGreaterThan(10)
      await enroll('after-rolling', 'node-2')
    })

    it('rotate the TLS certificate without a stop', async () => {
      const before = await shown('node-1')
      const [rotate = ''] = steps('Rotate the TLS certificate')
      await farm.run(rotate)
      for (const node of ['node-1', 'node-2'])
        await expect.poll(() => shown(node), { timeout: 10_000 }).not.toBe(before)
      expect(await shown('node-1')).toBe(await shown('node-2'))
      expect(farm.log('node-1')).toContain('reloaded users and TLS certificate')
      await enroll('after-tls')
    })

    it('renew the certificate of the Claim Provider, and sign the Issuer parameters with it', async () => {
      const read = (name: string) => readFileSync(path.join(folder, name), 'utf8')
      const certificate = () => read('keys/claim-provider.crt').split('\n').slice(1, 4).join('')
      const old = certificate()
      expect(read('issuer-parameters.xml')).toContain(old)
      const [commands = ''] = steps('Renew the certificate of the Claim Provider')
      const [renew = '', ...rest] = commands.replace('--url https://tokens.example.com', () => at()).split('\n')
      expect(renew).toMatch(/^uprove renew .*--url https:\/\/localhost/)
      // Four years before its end the authority refuses, and nothing changes.
      await expect(farm.run(renew)).rejects.toThrow(/too early/)
      expect(certificate()).toBe(old)

      const yaml = read('uprove.yaml')
      const longer = yaml.replace(/(claim-providers\], renewal:) 90d/, '$1 1825d')
      expect(longer).not.toBe(yaml)
      writeFileSync(path.join(folder, 'uprove.yaml'), longer)
      await farm.run(`each systemctl restart uprove\nready\n${renew}`)
      expect(certificate()).not.toBe(old)
      // In between, the old certificate and what it signed are as good as before.
      expect(read('issuer-parameters.xml')).toContain(old)
      await farm.run('uprove check "$D"')
      expect(await obtain('alice.wallet')).toContain('Obtained 2')

      await farm.run(rest.join('\n'))
      expect(read('issuer-parameters.xml')).toContain(certificate())
      expect(await obtain('alice.wallet')).toContain('Obtained 2')
      expect(await present('alice.wallet')).toContain('Accepted')
    })

    it('rotate the state key', async () => {
      const key = () => readFileSync(path.join(folder, 'keys/state.key'), 'utf8')
      const before = key()
      const [rotate = ''] = steps('Rotate the state key')
      await farm.run(rotate)
      expect(key()).not.toBe(before)
      await obtain('alice.wallet')
    })

    it('lose a node, and replace it', async () => {
      await farm.kill('node-1')
      await enroll('meanwhile', 'node-2')
      const [replace = ''] = steps('Lose a node')
      await farm.run(replace)
      await enroll('again', 'node-1')
    })

    it('back up, rotate the Issuer key, and restore', async () => {
      const kept = await enroll('kept')
      const [backup = ''] = steps('Back up')
      await farm.run(backup)
      const contents = await farm.run('tar -tzf folder.tgz')
      expect(contents).toContain('./keys/authority.key')
      expect(contents).not.toMatch(/state/)

      const [rotate = ''] = steps('Rotate the Issuer key')
      await farm.run(rotate)
      expect(await obtain('new.wallet')).toContain('2 unused claim tokens')
      expect(readFileSync(files('new.wallet.parameters.xml'), 'utf8')).toContain('/issuer-parameters/2')
      expect(await present('new.wallet')).toContain('Accepted')
      // Tokens under the old parameters are accepted too.
      expect(await present('alice.wallet')).toContain('Accepted')

      const lost = await enroll('lost')
      await farm.run(`uprove ca "$D" revoke ${kept} --reason superseded`)
      await farm.run('uprove ca "$D" crl --out last.crl')
      const numberOf = (crl: string) =>
        execFileSync('openssl', ['crl', '-inform', 'DER', '-in', files(crl), '-noout', '-crlnumber'], {
          encoding: 'utf8',
        })
      const last = BigInt(numberOf('last.crl').trim().replace('crlNumber=', ''))
      const stateKey = readFileSync(path.join(folder, 'keys/state.key'), 'utf8')
      writeFileSync(path.join(folder, 'users.yaml'), 'users: {}\n')
      const [restore = ''] = steps('Restore a backup')
      await farm.run(restore)
      expect(readFileSync(path.join(folder, 'keys/state.key'), 'utf8')).not.toBe(stateKey)
      expect(JSON.parse(await listed(lost))).toEqual([])
      expect(await farm.run('uprove ca "$D" list --status revoked --json')).toContain('keyCompromise')
      // What was revoked after the backup is revoked again, in a CRL with a greater number.
      expect(JSON.parse(await listed(kept))).toMatchObject([
        { status: 'revoked', revocation: { reason: 'superseded' } },
      ])
      await farm.run('uprove ca "$D" crl --out restored.crl')
      expect(BigInt(numberOf('restored.crl').trim().replace('crlNumber=', ''))).toBeGreaterThan(last)
      expect(
        execFileSync('openssl', ['crl', '-inform', 'DER', '-in', files('restored.crl'), '-noout', '-text'], {
          encoding: 'utf8',
        }).toLowerCase(),
      ).toContain(kept)
      expect(await obtain('alice.wallet')).toContain('Obtained 2')
      expect(await present('alice.wallet')).toContain('Accepted')
    })

    it('rotate the authority, beside the old one', async () => {
      const [rotate = ''] = steps('Rotate the authority')
      await farm.run(rotate)
      // The password in the URL of a database is not written into the folder.
      const yaml = readFileSync(path.join(root, 'deployment.new/uprove.yaml'), 'utf8')
      expect(yaml).toMatch(/^store: environment$/m)
      expect(yaml).not.toContain('postgresql://')
      const pems = readFileSync(files('authorities.pem'), 'utf8').match(/BEGIN CERTIFICATE/g)
      expect(pems).toHaveLength(2)
      await farm.run(
        `uprove enroll --url https://localhost:${nodes['node-1']!.port} --ca authorities.pem ${alice} --template User --out both`,
      )
    })
  },
)

describe('an embedded store', { timeout: 240_000 }, () => {
  it('of the previous release opens: certificates, requests, revocations', async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'runbooks-'))
    cpSync(made, root, { recursive: true })
    const folder = path.join(root, 'deployment')
    const [port, admin] = await freePorts()
    takePorts(folder, { port, admin })
    const one = new Operations(root, folder, { 'node-1': { port, admin } }, '')
    const url = `--url https://localhost:${port} --ca "$D/keys/authority.crt" --user alice --password-file alice.password`
    try {
      const databases = await openPglite(['data/records', 'state'].map((name) => path.join(folder, name)))
      for (const database of databases) {
        await database.run(readFileSync(path.join(made, 'store.sql'), 'utf8'))
        await database.close()
      }
      await one.run('uprove tls renew "$D"')
      expect(await one.run('uprove check "$D"')).toMatch(/ok +database/)
      expect(await one.run('uprove ca "$D" list --status revoked --json')).toContain('keyCompromise')
      await one.run('systemctl start uprove; ready')
      const pending = path.join(root, 'waits.pending')
      const text = readFileSync(pending, 'utf8')
      writeFileSync(pending, text.replace(/localhost:\d+/g, `localhost:${port}`))
      await one.run(`uprove ca "$D" approve ${(JSON.parse(text) as { requestId: string }).requestId}
        uprove enroll --ca "$D/keys/authority.crt" --user alice --password-file alice.password --query waits.pending
        uprove enroll ${url} --template User --out new`)
      expect([existsSync(path.join(root, 'waits.crt')), existsSync(path.join(root, 'new.crt'))]).toEqual([true, true])
      await one.run('uprove ca "$D" crl --out new.crl')
    } finally {
      await one.kill('node-1')
      rmSync(root, { recursive: true })
    }
  })

  it('copies it while the server is stopped, and brings it back with a new state key', async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'runbooks-'))
    const folder = path.join(root, 'deployment')
    const [port, admin] = await freePorts()
    const one = new Operations(root, folder, { 'node-1': { port: port, admin: admin } }, '')
    const url = `--url https://localhost:${port} --ca "$D/keys/authority.crt" --user alice --password-file alice.password`
    try {
      const json = await one.run(
        `uprove init "$D" --url https://localhost:8443 --port ${port} --admin-port ${admin} --json`,
      )
      writeFileSync(
        path.join(root, 'alice.password'),
        (JSON.parse(json) as { passwords: { alice: string } }).passwords.alice,
      )
      const yaml = path.join(folder, 'uprove.yaml')
      // Only what the stand-in for systemctl knows.
      writeFileSync(yaml, readFileSync(yaml, 'utf8').replace(/^(publication|clientCertificate):\n( .*\n)+/gm, ''))
      const [copy = '', restore = ''] = steps('Restore an embedded store')
      await one.run('systemctl start uprove; ready')
      await one.run(`uprove enroll ${url} --template User --out kept`)
      await one.run(`${copy}\nready`)
      const key = readFileSync(path.join(folder, 'keys/state.key'), 'utf8')
      await one.run(`uprove enroll ${url} --template User --out lost`)
      await one.run(`${restore}\nready`)
      expect(readFileSync(path.join(folder, 'keys/state.key'), 'utf8')).not.toBe(key)
      await one.run('systemctl stop uprove')
      const list = await one.run('uprove ca "$D" list --account alice --json')
      expect(JSON.parse(list)).toHaveLength(1)
    } finally {
      await one.kill('node-1')
      rmSync(root, { recursive: true })
    }
  })
})

it('every runbook is run', () => {
  if (!ran.includes('Upgrade')) return
  expect([...new Set(ran)].sort()).toEqual(runbookTitles().sort())
})
