import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfiguration, readUsers } from './configuration.js'
import { configurationTemplate, FILES } from './templates.js'

const parts = {
  ...{ url: 'https://localhost:8443', port: 8443, adminPort: 8444, httpPort: 8080, certificatePort: 8446 },
  policyId: '{00000000-0000-4000-8000-000000000000}',
  templateArc: '1.2.3',
}
const template = configurationTemplate(parts)

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
    ['store: { folder: a, url: b }', undefined, /store: must be `environment`, or have either a folder or a url/],
    ['store: here', undefined, /store: must be `environment`/],
    ['state: environment', undefined, /state: must have either a folder or a url/],
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

  /** The template with other settings of the authority, and the problem with them. */
  const problemWith = async (authority: string): Promise<string> => {
    const text = template.replace(/^authority:\n(?: .*\n|\n)*/m, `authority:\n${authority}\n\n`)
    writeFileSync(path.join(folder, FILES.configuration), text)
    return readConfiguration(folder).then(
      () => 'none',
      (error: unknown) => (error as Error).message.replace(/^.*uprove\.yaml: /, ''),
    )
  }
  /** The same with one profile. */
  const problemWithProfile = (settings: string, others = '') =>
    problemWith(`  certificate: c
  key: k
${others}  profiles:
    User: { validity: 30d, purposes: [client], approval: automatic, enrollers: everyone }
    Other: { ${settings} }`)
  const usual = 'validity: 30d, purposes: [client], approval: automatic, enrollers: everyone'
  const changed = (setting: string) => {
    const [key = ''] = setting.split(':')
    return [...usual.split(', ').filter((one) => !one.startsWith(`${key}:`)), setting].join(', ')
  }

  it('is made with a profile whose keys are archived, offered to Windows', async () => {
    writeFileSync(path.join(folder, FILES.configuration), configurationTemplate({ ...parts, archivesKeys: true }))
    const { authority } = await readConfiguration(folder)
    expect(authority.profiles.Encryption).toMatchObject({ archival: 'required', template: { oid: '1.2.3.3' } })
    expect(authority.defaultProfile).toBe('User')
  })

  it('has profiles with all that a profile can have', async () => {
    expect(
      await problemWithProfile(`${usual}, template: { oid: 1.2.3, major: 1, minor: 2 }, machine: true, autoEnroll: true,
        keyUsage: [digitalSignature], keys: { rsa: { min: 3072 }, ec: [P-256], dsa: {} }, alternativeNames: [upns],
        subject: [{ attribute: CN, from: account }, "O=Fabrikam"], renewal: { window: 10d, approval: operator }`),
    ).toBe('none')
  })

  it.each([
    [
      'purposes: [clinet]',
      /^authority\.profiles\.Other\.purposes\.0: must be an object identifier, or one of server, client, .*; did you mean client\?$/,
    ],
    ['purposes: [1.2.3.01]', /purposes\.0: must be an object identifier/],
    ['purposes: [1.40.3]', /purposes\.0: must be an object identifier/],
    ['purposes: [2.5.29.37.0]', /purposes\.0: anyExtendedKeyUsage would make/],
    ['purposes: []', /Other\.purposes: Too small/],
    ['aproval: automatic', /^authority\.profiles\.Other: there is no setting aproval; did you mean approval\?$/],
    ['xyzzy: 1', /there is no setting xyzzy; there are template, machine, /],
    ['approval: operators', /Other\.approval: must be automatic or operator; did you mean operator\?/],
    ['enrollers: everybody', /Other\.enrollers: must be everyone, or a list of groups; did you mean everyone\?/],
    ['validity: 30 days', /Other\.validity: must be a duration/],
    ['keyUsage: [keyEncypherment]', /keyUsage\.0: must be .* or keyAgreement; did you mean keyEncipherment\?/],
    ['keyUsage: [keyCertSign]', /keyUsage\.0: must be/],
    ['keys: { rsa: { min: 512 } }', /keys\.rsa\.min: Too small/],
    ['keys: { rsa: { min: 4096, max: 3072 } }', /keys\.rsa: min must not exceed max/],
    ['keys: { ec: [P-224] }', /keys\.ec\.0: must be P-256, P-384 or P-521$/],
    ['keys: { ecdsa: [P-256] }', /keys: there is no setting ecdsa; there are rsa, ec, dsa/],
    ['keys: {}', /Other\.keys: must have at least one of rsa, ec, dsa/],
    [
      'keyUsage: [keyEncipherment], keys: { rsa: {}, ec: [P-256] }',
      /keys\.ec: such keys cannot be used for keyEncipherment/,
    ],
    ['renewal: 31d', /Other\.renewal: must not be longer than validity/],
    [
      'renewal: { window: 1d, aproval: operator }',
      /Other\.renewal: there is no setting aproval; did you mean approval/,
    ],
    ['renewal: sometimes', /Other\.renewal: must be a duration such as 90d/],
    ['subject: []', /Other\.subject: Too small/],
    ['subject: [CN]', /subject\.0: must be a name such as O=Fabrikam, or/],
    ['subject: [{ attribute: OX, from: account }]', /subject\.0\.attribute: must be an attribute of a name: /],
    ['subject: [{ attribute: Give-Name, from: account }]', /did you mean givenName\?/],
    [
      'subject: [{ attribute: O, from: requester }]',
      /subject\.0: must be a name such as O=Fabrikam, or \{ attribute: OU, from: account or request \}/,
    ],
    ['subject: ["O=F"], honours: [subject]', /Other\.subject: the request gives the whole subject/],
    ['honours: [dnsName]', /honours\.0: must be .*; did you mean dnsNames\?/],
    ['alternativeNames: [upn]', /alternativeNames\.0: must be .*; did you mean upns\?/],
    ['archival: required', /Other\.archival: is for keys that only encrypt/],
    [
      'template: { oid: 2.25.329800735698586629295641978511506172918 }',
      /template\.oid: must be an object identifier with arcs below 2\^32/,
    ],
  ])('says of a profile with %s where it is wrong and what is allowed', async (setting, problem) => {
    expect(await problemWithProfile(changed(setting))).toMatch(problem)
  })

  it('says which profiles do not go together', async () => {
    expect(await problemWithProfile('validity: 30d, purposes: [client], enrollers: everyone')).toBe(
      'authority.profiles.Other.approval: is missing: must be automatic or operator',
    )
    expect(await problemWithProfile(usual, '  defaultProfile: user\n')).toBe('none')
    expect(await problemWithProfile(usual, '  defaultProfile: Users\n')).toBe(
      'authority.defaultProfile: there is no such profile; did you mean User?',
    )
    expect(await problemWithProfile(`${usual} }\n    USER: { ${usual}`)).toMatch(
      /profiles\.USER: differs from User only in case/,
    )
    expect(await problemWithProfile(`${usual}, keys: { rsa: { min: 1024 } }`)).toMatch(
      /keys\.rsa\.min: below 2048 bits needs/,
    )
    const weak = '  legacy: { minRsaBits: 1024 }\n'
    expect(await problemWithProfile(`${usual}, keys: { rsa: { min: 1024 } }`, weak)).toBe('none')
    expect(await problemWithProfile(usual, '  legacy: { sha1: true }\n')).toMatch(
      /legacy: there is no setting sha1; there are sha1Possession/,
    )
    const template = `${usual}, template: { oid: 1.2.3 }`
    expect(await problemWithProfile(`${template} }\n    Third: { ${template}`)).toMatch(
      /profiles\.Third\.template\.oid: is that of Other already/,
    )
    const archived = 'validity: 30d, purposes: [email], approval: automatic, enrollers: everyone, archival: allowed'
    expect(await problemWithProfile(archived)).toMatch(/Other\.archival: needs authority\.archival/)
    const archival = '  archival: { exchangeKeys: [a], agents: [b] }\n'
    expect(await problemWithProfile(archived, archival)).toBe('none')
    // Its keys would sign.
    expect(await problemWithProfile(`${archived}, keyUsage: [digitalSignature]`, archival)).toMatch(
      /Other\.archival: is for keys/,
    )
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
