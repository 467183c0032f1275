import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { run } from './testing/terminal.js'

describe('uprove', () => {
  it('lists its commands', async () => {
    const { code, out, err } = await run('--help')
    expect(code).toBe(0)
    expect(out).toMatch(/^Usage: uprove COMMAND/)
    expect(out).toMatch(/^ {2}vectors /m)
    expect(err).toBe('')
  })

  it('prints its version', async () => {
    expect(await run('--version')).toEqual({ code: 0, out: `${manifest.version}\n`, err: '' })
  })

  it('explains each command, which has --json and refuses unknown options', async () => {
    const names = [...(await run('--help')).out.matchAll(/^ {2}([a-z]+) {2}/gm)].map(([, name]) => name!)
    expect(names.length).toBeGreaterThan(11)
    for (const name of names) {
      const { code, out, err } = await run(name, '--help')
      expect({ name, code, err }).toEqual({ name, code: 0, err: '' })
      expect(out).toMatch(new RegExp(`^Usage: uprove ${name} \\[options\\]`))
      expect(out).toMatch(/\n {2}--json +\S[^]*\n {2}--help +show this help\n$/)
      expect(await run(name, '--frobnicate')).toMatchObject({ code: 2, out: '' })
      expect(await run(name)).toMatchObject({ code: 2, out: '' })
    }
  })

  it.each([
    ['vectors', '--help'],
    ['vectors', '-h'],
    ['vectors', 'FILE', '--help'],
  ])('explains %s %s', async (...arguments_) => {
    const { code, out } = await run(...arguments_)
    expect(code).toBe(0)
    expect(out).toMatch(/^Usage: uprove vectors \[options\] FILE\.\.\.\n/)
    for (const option of ['--backend NAME', '--kernel NAME', '--json', '--help']) expect(out).toContain(`  ${option}`)
  })

  it.each([
    [[], 'uprove: missing command'],
    [['frobnicate'], 'uprove: unknown command frobnicate'],
    [['--frobnicate'], 'uprove: unknown command --frobnicate'],
    [['vectors'], 'uprove vectors: missing FILE'],
    [['vectors', '--frobnicate', 'x'], "uprove vectors: Unknown option '--frobnicate'"],
    [['vectors', '--', '--help'], 'uprove vectors: cannot read --help: no such file'],
    [['vectors', '--backend'], "uprove vectors: Option '--backend <value>' argument missing"],
    [['vectors', '--backend', 'gpu', 'package.json'], 'uprove vectors: unknown backend gpu'],
    [['vectors', '--kernel', 'avx', 'package.json'], 'uprove vectors: unknown kernel avx'],
    [
      ['vectors', '--backend', 'bigint', '--kernel', 'scalar', 'vectors/digests/r1-sha1.json'],
      'uprove vectors: the bigint backend has no kernels',
    ],
  ])('says what is wrong with %j', async (arguments_, message) => {
    const { code, out, err } = await run(...arguments_)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    const [first, hint, ...rest] = err.split('\n')
    expect(first).toContain(message)
    expect(hint).toMatch(/^Try 'uprove( vectors)? --help'\.$/)
    expect(rest).toEqual([''])
  })
})

describe('build/cli.js', () => {
  const execute = promisify(execFile)

  it('is the command', async () => {
    const { stdout, stderr } = await execute(process.execPath, ['build/cli.js', 'vectors', 'vectors/r3/SG_D2.json'])
    expect(stdout).toMatch(/^ok {4}vectors\/r3\/SG_D2\.json \(\d+ values\)\n1 file, \d+ values: all agree \(\w+/)
    expect(stderr).toBe('')
    expect((await execute(process.execPath, ['build/cli.js', '--version'])).stdout).toBe(`${manifest.version}\n`)
  })

  it('exits with the code of the command', async () => {
    await expect(execute(process.execPath, ['build/cli.js', 'vectors', 'no-such-file'])).rejects.toMatchObject({
      code: 2,
    })
  })
})
