import { execFile, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ServedDeployment } from '../cli/testing/deployment.js'

const uprove = fileURLToPath(new URL('../../build/cli.js', import.meta.url))
const folder = mkdtempSync(path.join(tmpdir(), 'tiny-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a script of the shell on a file system of its own of this size, which only its processes see. */
function onTinyDisk(size: string, script: string): { status: number | null; stdout: string; stderr: string } {
  const mounted = `mount -t tmpfs -o size=${size} tmpfs "$1" && cd "$1" && ${script}`
  const unshared = ['--user', '--map-root-user', '--mount', 'sh', '-c', mounted, 'sh', folder]
  return spawnSync('unshare', unshared, { encoding: 'utf8', timeout: 60_000 })
}

/** Linux, where users may have namespaces of their own. */
function canMount(): boolean {
  if (onTinyDisk('16k', 'true').status === 0) return true
  console.warn('SKIPPED: the tests of a full disk, because this machine lets nobody mount a file system')
  return false
}

describe.runIf(canMount())('uprove init on a disk that gets full', () => {
  // While it writes keys; makes the first cluster of PGlite; copies it; opens both.
  it.each(['16k', '4m', '30m', '60m', '75m'])('of %s says so, and leaves an empty folder', (size) => {
    const { stdout, stderr } = onTinyDisk(size, `{ node ${uprove} init made; echo "exit $?"; ls -A made; }`)
    expect(stderr).toMatch(/^uprove init: .*disk( of the database)? is full/m)
    expect(stderr).not.toMatch(/^ {4}at /m)
    expect(stdout).toBe('exit 1\n')
  })

  it('of 200 MiB works', () => {
    const { stdout } = onTinyDisk('200m', `node ${uprove} init made`)
    expect(stdout).toMatch(/^Created made/)
  })
})

describe.runIf(canMount())('a command on a disk that is full, then has one page more, and so on until it works', () => {
  let deployment: ServedDeployment
  let server: string

  beforeAll(async () => {
    deployment = await ServedDeployment.start((yaml) =>
      // Renewed at once.
      yaml.replaceAll(/validity: (\d+d)([^]*?)renewal: 90d/g, 'validity: $1$2renewal: $1'),
    )
    server = `--url ${deployment.url} --ca ${deployment.authority}`
  }, 300_000)
  afterAll(() => deployment.remove())

  interface Attempt {
    readonly code: number
    readonly told: string
    /** What is not as it was before the first attempt. */
    readonly changed: readonly string[]
  }

  /**
   * Runs a command in a copy of the files of a folder, on a disk without room; then with room for one page, and so on. Copies what is
   * there in the end back into the folder.
   */
  async function untilThereIsRoom(files: string, command: string): Promise<Attempt[]> {
    const script = `mount -t tmpfs -o size=1m tmpfs "$1" && cd "$1" && cp -a "$2"/. . || exit 3
      export UPROVE_PASSWORD="$3" UPROVE_PASSPHRASE=passphrase
      sums() { find . -type f -exec sha256sum {} + | sort; }
      before=$(sums)
      for pages in $(seq 0 40); do
        [ $pages = 0 ] || head -c $((pages * 4096)) /dev/zero > room
        cat /dev/zero > filler 2> /dev/null
        rm -f room
        told=$(node ${uprove} ${command} 2>&1)
        code=$?
        rm filler
        # Lines that only one of both has.
        changed=$({ sums; echo "$before"; } | sort | uniq -u | sed 's/^[^ ]*  //' | sort -u | tr '\\n' ' ')
        printf '%s\\037%s\\037%s\\036' "$code" "$told" "$changed"
        [ $code = 1 ] || break
      done
      cp -a . "$2"`
    const { stdout } = await promisify(execFile)(
      'unshare',
      [
        '--user',
        '--map-root-user',
        '--mount',
        'sh',
        '-c',
        script,
        'sh',
        folder,
        files,
        deployment.users['alice'] ?? '',
      ],
      { timeout: 280_000 },
    )
    return stdout
      .split('\u001e')
      .slice(0, -1)
      .map((attempt) => {
        const [code = '', told = '', changed = ''] = attempt.split('\u001f')
        return { code: Number(code), told, changed: changed.split(' ').filter((name) => name !== '') }
      })
  }

  /** A new folder beside the deployment. */
  function newFolder(name: string): string {
    const made = path.join(deployment.root, name)
    mkdirSync(made)
    return made
  }

  /** All attempts but the last failed since there was no room, and none of these files changed. Returns what changed meanwhile. */
  function expectFailures(attempts: readonly Attempt[], changes: RegExp | undefined): void {
    const failed = attempts.slice(0, -1)
    expect(failed.length).toBeGreaterThan(0)
    for (const { code, told, changed } of failed) {
      expect([code, told]).toEqual([1, expect.stringMatching(/disk is full/)])
      expect(told).not.toMatch(/^ {4}at /m)
      expect(changed.filter((name) => changes?.test(name) !== true)).toEqual([])
    }
    expect(attempts.at(-1)).toMatchObject({ code: 0 })
  }

  it('uprove enroll, then uprove renew: the certificate and its key are there, both old or both new', async () => {
    const files = newFolder('certificates')
    expectFailures(
      await untilThereIsRoom(files, `enroll ${server} --user alice --template User --out alice`),
      undefined,
    )
    const before = readFileSync(path.join(files, 'alice.crt'), 'utf8')
    // What is new waits beside them.
    expectFailures(await untilThereIsRoom(files, `renew alice.crt ${server}`), /\/alice\.(key|crt)\.new$/)
    expect(readFileSync(path.join(files, 'alice.crt'), 'utf8')).not.toBe(before)
    // It is the key of the certificate, with which the certificate can be renewed again.
    expect((await untilThereIsRoom(files, `renew alice.crt ${server}`)).at(-1)?.code).toBe(0)
  }, 300_000)

  it('uprove obtain, then uprove present: no token is lost that was in the wallet', async () => {
    const files = newFolder('wallets')
    const obtain = (count: number) =>
      untilThereIsRoom(files, `obtain ${server} --user alice --claim ${String(count)} --wallet wallet --json`)
    const fresh = (attempts: readonly Attempt[]): number =>
      (JSON.parse(attempts.at(-1)?.told.split('\n').at(-1) ?? '') as { fresh: { claim: number } }).fresh.claim
    const first = await obtain(2)
    // What is written before the tokens: a wallet without any, the Issuer parameters, and how many are missing.
    expectFailures(first, /^\.\/wallet(\.parameters\.xml|\.missing)?$/)
    expect(fresh(first)).toBe(2)
    const second = await obtain(3)
    expectFailures(second, /^\.\/wallet\.missing$/)
    expect(fresh(second)).toBe(5)
    const present = `present --wallet wallet --relying-party ${deployment.url} --disclose surname --out shown.xml`
    expectFailures(await untilThereIsRoom(files, present), undefined)
    expect(fresh(await obtain(1))).toBe(5)
  }, 300_000)

  it('uprove issuer and tls: keys, parameters and certificates are the old ones, or all are new', async () => {
    await deployment.end()
    const files = newFolder('copy')
    cpSync(path.join(deployment.folder, 'keys'), path.join(files, 'keys'), { recursive: true })
    cpSync(path.join(deployment.folder, 'issuer-parameters.xml'), path.join(files, 'issuer-parameters.xml'))
    cpSync(path.join(deployment.folder, 'users.yaml'), path.join(files, 'users.yaml'))
    // The store stays where there is room.
    const yaml = readFileSync(path.join(deployment.folder, 'uprove.yaml'), 'utf8')
    const place = (name: string): string => path.join(deployment.folder, name)
    writeFileSync(
      path.join(files, 'uprove.yaml'),
      yaml.replace('folder: data', `folder: ${place('data')}`).replace('folder: state', `folder: ${place('state')}`),
    )
    const text = (name: string): string => readFileSync(path.join(files, name), 'utf8')
    const old = {
      key: text('keys/issuer.key'),
      parameters: text('issuer-parameters.xml'),
      state: text('keys/state.key'),
    }
    expectFailures(await untilThereIsRoom(files, 'issuer sign .'), undefined)
    const signed = text('issuer-parameters.xml')
    expect(signed).not.toBe(old.parameters)
    expectFailures(await untilThereIsRoom(files, 'issuer new .'), undefined)
    expect(text('issuer-parameters-1.xml')).toBe(signed)
    expect(text('keys/issuer.key')).not.toBe(old.key)
    expectFailures(await untilThereIsRoom(files, 'tls renew .'), /\/tls\.(key|crt)\.new$/)
    expectFailures(await untilThereIsRoom(files, 'store rotate-key .'), undefined)
    expect(text('keys/state.key')).not.toBe(old.state)
  }, 300_000)
})
