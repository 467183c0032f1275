import { existsSync, readFileSync } from 'node:fs'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeBase64Url, encodeBase64Url } from '../../../bindings/octets/base64.js'
import { known } from '../../../bindings/octets/lists.js'
import { writePresentedJwp } from '../../json/artefacts/jwp.js'
import { readJws } from '../../json/artefacts/jws.js'
import { ServedDeployment } from '../testing/deployment.js'
import { run, runWith, type Ran } from '../testing/terminal.js'

let deployment: ServedDeployment
/** Options that name the server. */
let server: string[]
const file = (name: string): string => join(deployment.root, name)
const text = (name: string): Promise<string> => readFile(file(name), 'utf8')
const keys = (): string => file('alice.wallet.jwks.json')

const withSecrets = (passphrase: string, ...arguments_: string[]): Promise<Ran> =>
  runWith({ environment: { UPROVE_PASSWORD: deployment.users['alice'], UPROVE_PASSPHRASE: passphrase } }, ...arguments_)
const obtain = (...options: string[]): Promise<Ran> =>
  withSecrets('open', 'obtain', ...server, '--user', 'alice', '--wallet', file('alice.wallet'), ...options)
const present = (...options: string[]): Promise<Ran> =>
  withSecrets('open', 'present', '--json-framework', '--wallet', file('alice.wallet'), ...options)
const verify = (...options: string[]): Promise<Ran> => run('verify', '--json-framework', ...options)
/** Verifies on this machine. */
const verifyHere = (name: string, ...options: string[]): Promise<Ran> =>
  verify('--parameters', keys(), ...options, file(name))
/** The number of unused tokens. */
const fresh = async (): Promise<number> => {
  const { out } = await obtain('--json-framework', '--claim', '1', '--json')
  return (JSON.parse(out) as { fresh: number }).fresh
}

const shop = 'https://shop.example'

beforeAll(async () => {
  deployment = await ServedDeployment.start((yaml) =>
    yaml.replace(/(issuer\.jwk\n +maxTokens:) \d+/, '$1 3').replace(/maxClaimTokens: \d+/, 'maxClaimTokens: 3'),
  )
  server = ['--url', deployment.url, '--ca', deployment.authority]
  await writeFile(file('challenge.json'), JSON.stringify({ aud: shop, nonce: 'n-1' }))
}, 120_000)
afterAll(() => deployment.remove())

describe('uprove obtain, present and verify --json-framework', { timeout: 60_000 }, () => {
  it('obtains tokens in several exchanges, and presents each once', async () => {
    const obtained = await obtain('--json-framework', '--claim', '7')
    expect(obtained.code, obtained.err).toBe(0)
    expect(obtained.out).toMatch(
      /^Obtained 7 tokens\.\n\S+ now holds 7 unused tokens under the key [\w-]{43} of https:/,
    )
    for (const secret of [file('alice.wallet'), keys()]) expect((await stat(secret)).mode & 0o077).toBe(0)

    const presented = await present(...server, '--disclose', 'givenname,country', '--out', file('first.jws'))
    expect(presented).toMatchObject({ code: 0, err: '' })
    expect(presented.out).toMatch(
      /^\S+ discloses .*givenname, .*country\nAccepted\n {2}token of https:.*, valid until \S+\n {4}.*givenname: Alice\n.*country: SE\n$/,
    )
    expect(await verify(...server, file('first.jws'))).toEqual({
      ...{ code: 1, out: 'Refused: verifier/challenge-used\n', err: '' },
    })
    expect(await fresh()).toBe(7)
  })

  it('shares its file with the tokens of WS-Trust, under one passphrase', async () => {
    const both = await obtain('--claim', '1')
    expect(both.code, both.err).toBe(0)
    const open = ['--wallet', file('alice.wallet'), ...server]
    expect((await withSecrets('open', 'present', ...open, '--disclose', 'country')).out).toContain('country: SE')
    expect((await present(...server)).out).toMatch(/^The presentation discloses no claims\nAccepted\n/)
    for (const option of [['--json-framework'], []]) {
      const refused = await withSecrets('other', 'present', ...option, ...open)
      expect(refused).toMatchObject({ code: 1, out: '' })
      expect(refused.err).toContain('(ws-trust/wallet-key)')
    }
    const other = ['--wallet', file('bob.wallet'), ...server, '--user', 'alice', '--claim', '1']
    expect((await withSecrets('first', 'obtain', ...other)).code).toBe(0)
    expect((await withSecrets('second', 'obtain', '--json-framework', ...other)).err).toContain('ws-trust/wallet-key')
  })

  it('answers the message of a Verifier in a file, for verification without a server', async () => {
    const answer = ['--message', file('challenge.json'), '--relying-party', shop]
    const made = await present(...answer, '--disclose', 'surname', '--out', file('second.jws'), '--json')
    expect(JSON.parse(made.out)).toMatchObject({ presentation: file('second.jws') })
    const accepted = await verifyHere('second.jws', '--relying-party', shop, '--message', file('challenge.json'))
    expect(accepted).toMatchObject({ code: 0, err: '' })
    expect(accepted.out).toMatch(/^Accepted\n {2}token of .*\n {4}.*surname: Archer\n$/)
    const url = `${deployment.url}/.well-known/jwks.json`
    const byUrl = ['--parameters', url, '--ca', deployment.authority, '--relying-party', shop, '--json']
    expect(JSON.parse((await verify(...byUrl, file('second.jws'))).out)).toMatchObject({
      ...{ valid: true, claims: [{ index: 3, value: 'Archer' }], issuer: deployment.url },
    })

    const { alg, message, token, proof } = readJws((await text('second.jws')).trim())
    await writeFile(file('second.jwp'), writePresentedJwp(alg, message, known(token), proof))
    expect((await verifyHere('second.jwp', '--relying-party', shop)).out).toContain('surname: Archer')

    const refusal = async (...options: string[]): Promise<string> => (await verifyHere('second.jws', ...options)).out
    expect(await refusal('--relying-party', 'https://other.example')).toBe('Refused: verifier/audience\n')
    await writeFile(file('other.json'), JSON.stringify({ aud: shop, nonce: 'n-2' }))
    expect(await refusal('--message', file('other.json'))).toBe('Refused: verifier/message\n')
    const late = ['--relying-party', shop, '--received-at', '2126-01-01T00:00:00Z']
    expect(await refusal(...late)).toBe('Refused: verifier/token-expired\n')
    const [head = '', m = '', signature = ''] = (await text('second.jws')).trim().split('.')
    const changed = new TextDecoder()
      .decode(known(decodeBase64Url(signature)))
      .replace(encodeBase64Url(Buffer.from('Archer')), encodeBase64Url(Buffer.from('Baker')))
    await writeFile(file('tampered.jws'), [head, m, encodeBase64Url(Buffer.from(changed))].join('.'))
    expect((await verifyHere('tampered.jws', '--relying-party', shop)).out).toBe('Refused: presentation/proof\n')
    expect(await verifyHere('challenge.json', '--relying-party', shop)).toMatchObject({ code: 1, out: '' })
    expect(await verify(...server, file('challenge.json'))).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('the server refused: ') as string },
    })
  })

  it('answers no message of another Verifier, and no text without agreement, and then keeps the token', async () => {
    await writeFile(file('bank.json'), JSON.stringify({ aud: 'https://bank.example', nonce: 'n', data: 'Pay 5 EUR' }))
    await writeFile(file('octets.bin'), Uint8Array.of(0, 255))
    const answer = (name: string, party: string, ...options: string[]): Promise<Ran> =>
      present('--message', file(name), '--relying-party', party, '--out', file('answer.jws'), ...options)
    const before = await fresh()
    const cases = [
      [await answer('bank.json', shop, '--sign', '--allow-unnamed-nonce'), 'another Verifier'],
      [await answer('bank.json', 'https://bank.example'), 'contains data to sign: "Pay 5 EUR"'],
      [await answer('octets.bin', shop), '--allow-unnamed-nonce'],
    ] as const
    for (const [ran, reason] of cases) {
      expect(ran).toMatchObject({ code: 1, out: '' })
      expect(ran.err).toContain(reason)
    }
    expect([existsSync(file('answer.jws')), await fresh()]).toEqual([false, before + 1])
    expect((await answer('bank.json', 'https://bank.example', '--sign')).out).toContain('signed: Pay 5 EUR')
    const unnamed = ['--message', file('octets.bin'), '--relying-party', shop, '--allow-unnamed-nonce']
    expect((await present(...unnamed, '--out', file('unnamed.jws'))).code).toBe(0)
    expect((await verifyHere('unnamed.jws', '--message', file('octets.bin'))).code).toBe(0)
    expect((await verifyHere('unnamed.jws', '--relying-party', shop)).out).toBe('Refused: verifier/audience\n')
  })

  it('says what is wrong', async () => {
    const wrong = await runWith(
      { environment: { UPROVE_PASSWORD: 'guessed', UPROVE_PASSPHRASE: 'open' } },
      ...['obtain', '--json-framework', ...server, '--user', 'alice', '--claim', '1', '--wallet', file('new.wallet')],
    )
    expect(wrong).toMatchObject({ code: 1, out: '' })
    expect(wrong.err).toContain('the server does not know who you are')
    const usage = [
      [await obtain('--json-framework'), 'missing number of tokens'],
      [await obtain('--json-framework', '--claim', '1', '--id', '1'), '--id is for WS-Trust'],
      [await obtain('--json-framework', '--claim', '1', '--uidp', 'x'), 'there is no key x'],
      [await present('--out', file('x')), 'give either --url of a Verifier, or the --message'],
      [await present(...server, '--disclose', 'shoesize'), 'unknown claim type shoesize'],
      [await present(...server, '--persistent'), '--persistent is for WS-Trust'],
      [await verifyHere('second.jws'), 'missing --relying-party'],
      [await verifyHere('second.jws', '--trust', deployment.authority), '--trust is for WS-Trust'],
    ] as const
    for (const [ran, reason] of usage) {
      expect(ran, reason).toMatchObject({ code: 2, out: '' })
      expect(ran.err).toContain(reason)
    }
    await writeFile(file('keys.json'), '{"keys":[],"keys":[]}')
    const duplicate = await verify('--parameters', file('keys.json'), '--relying-party', shop, file('second.jws'))
    expect(duplicate.err).toContain('(json/duplicate-member)')
  })
})

describe('an order of tokens that breaks off', { timeout: 60_000 }, () => {
  const TOTAL = 120
  const ordered = (name: string, ...options: string[]): Promise<Ran> =>
    withSecrets('open', ...['obtain', ...server, '--user', 'alice', '--wallet', file(name), ...options])
  const missing = (name: string) => {
    const path = file(`${name}.missing`)
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { claim: number }).claim : undefined
  }

  it.each([
    ['over WS-Trust', 'broken.wallet', []],
    ['over the JSON Framework', 'broken-json.wallet', ['--json-framework']],
  ])('%s says what was kept and what is missing, and goes on', async (_, name, framework) => {
    const ordering = ordered(name, ...framework, '--claim', String(TOTAL))
    await expect.poll(() => missing(name), { interval: 5, timeout: 20_000 }).toBeLessThan(TOTAL)
    await deployment.end()
    const { code, err } = await ordering
    expect(code).toBe(1)
    const [, kept = '', lacking = ''] =
      /: (\d+) claim tokens, 0 ID tokens\. Missing: (\d+) claim tokens, 0 /.exec(err) ?? []
    expect(Number(kept)).toBeGreaterThan(0)
    expect(Number(kept) + Number(lacking)).toBe(TOTAL)
    expect(missing(name)).toBe(Number(lacking))
    expect((await stat(file(`${name}.missing`))).mode & 0o077).toBe(0)

    await deployment.serve()
    const other = framework.length === 0 ? ['--json-framework'] : []
    expect(await ordered(name, '--resume', ...other)).toMatchObject({
      ...{ code: 2, err: expect.stringContaining('the tokens that are missing are of the') as string },
    })
    expect(await ordered(name, '--resume', ...framework, '--claim', '1')).toMatchObject({ code: 2 })
    const resumed = await ordered(name, '--resume', ...framework)
    expect(resumed.code, resumed.err).toBe(0)
    expect(resumed.out).toContain(`Obtained ${lacking} `)
    expect(resumed.out).toContain(`now holds ${TOTAL} unused `)
    expect(missing(name)).toBeUndefined()
    expect(await ordered(name, '--resume', ...framework)).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('nothing to resume') as string },
    })
  })

  it('is refused with a file that says something else', async () => {
    await writeFile(file('alice.wallet.missing'), '{"claim":1}')
    expect(await obtain('--resume')).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('is not an order of `uprove obtain`') as string },
    })
    await rm(file('alice.wallet.missing'))
  })
})
