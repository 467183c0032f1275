import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfiguration, readUsers } from './configuration.js'
import { configurationTemplate, FILES } from './templates.js'

const template = configurationTemplate({
  ...{ url: 'https://localhost:8443', port: 8443, adminPort: 8444, httpPort: 8080, certificatePort: 8446 },
  policyId: '{00000000-0000-4000-8000-000000000000}',
  templateArc: '1.2.3',
})

describe('a configuration', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'configuration-'))))
  afterEach(() => rmSync(folder, { recursive: true }))
  /** The template with a line more, or with another one in the place of a setting. */
  const read = (line: string, after?: string) => {
    const [setting = ''] = line.split(':')
    const text =
      after === undefined
        ? `${template.replace(new RegExp(`^${setting}:.*\n`, 'm'), '')}${line}\n`
        : template.replace(after, `${after}\n${line}`)
    writeFileSync(path.join(folder, FILES.configuration), text)
    return readConfiguration(folder)
  }

  it('has defaults for what the template leaves out', async () => {
    expect(await read('workers: auto')).toMatchObject({
      trustedProxies: [],
      forwardedHeader: 'x-forwarded-for',
      claimProvider: { patience: 30_000 },
      limits: { connectionsPerAddress: 100, bodiesPerAddress: 16 << 20, headersTimeout: 5_000 },
      remembered: { challenges: 100_000 },
      log: { retention: 90 * 86_400_000 },
    })
  })

  it('has what is set', async () => {
    expect(await read('trustedProxies: [10.0.0.1, "2001:db8::/32"]')).toMatchObject({
      trustedProxies: ['10.0.0.1', '2001:db8::/32'],
    })
    expect(await read('admin: { address: 127.0.0.1, port: 1, hosts: [Metrics.Example] }')).toMatchObject({
      admin: { hosts: ['metrics.example'] },
    })
    expect(await read('log: { security: audit, retention: 30d }')).toMatchObject({
      log: { security: 'audit', retention: 30 * 86_400_000 },
    })
    expect(await read('languages: { supported: [de-DE, en-US], default: de-DE }')).toMatchObject({
      languages: { supported: ['de-DE', 'en-US'], default: 'de-DE' },
    })
    expect(await read('  patience: 5s', 'claimProvider:')).toMatchObject({ claimProvider: { patience: 5_000 } })
  })

  it.each([
    ['trustedProxies: [proxy.example]', undefined, /trustedProxies\.0: must be an IP address/],
    ['trustedProxies: [10.0.0.0/33]', undefined, /trustedProxies\.0/],
    ['forwardedHeader: x-real-ip', undefined, /forwardedHeader/],
    ['limits: { bodiesPerAddress: 1000 }', undefined, /limits: body must not exceed bodiesPerAddress/],
    ['store: { folder: a, url: b }', undefined, /store: must have either a folder or a url/],
    ['  maxAccountExchanges: 1', 'claimProvider:', /maxAccountExchanges: must be at least 2/],
    ['  maxAccountTokens: 1099', 'claimProvider:', /claimProvider: maxAccountTokens must not be less/],
    ['  patience: 0s', 'claimProvider:', /patience: must be a duration/],
    ['languages: { supported: [tlh] }', undefined, /languages\.supported/],
    ['languages: { supported: [de-DE] }', undefined, /languages: default must be one of supported/],
    ['log: { retention: forever }', undefined, /log\.retention/],
  ])('is refused with %s', async (line, after, problem) => {
    await expect(read(line, after)).rejects.toMatchObject({
      code: 'server/configuration',
      message: expect.stringMatching(problem) as string,
    })
  })

  it('asks for certificates over https only', async () => {
    const file = path.join(folder, FILES.configuration)
    writeFileSync(file, template)
    expect((await readConfiguration(folder)).clientCertificate).toMatchObject({ url: 'https://localhost:8446' })
    writeFileSync(file, template.replace('https://localhost:8446', 'http://localhost:8446'))
    await expect(readConfiguration(folder)).rejects.toThrow(/clientCertificate\.url: must be an https URL/)
  })

  it('has users with the security identifiers of Active Directory, and nothing else there', async () => {
    const file = path.join(folder, FILES.users)
    const users = (sid: string) => {
      writeFileSync(file, `users: { host: { subject: CN=host, sid: ${sid} } }\n`)
      return readUsers(file)
    }
    expect((await users('S-1-5-21-1-2-3-1104')).get('host')).toMatchObject({ sid: 'S-1-5-21-1-2-3-1104' })
    await expect(users('host')).rejects.toThrow(/users\.host\.sid: must be a security identifier/)
  })
})
