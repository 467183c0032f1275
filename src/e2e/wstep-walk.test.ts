import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePorts } from '../cli/demo/demo.js'
import { hasOpenssl } from '../pki/testing/openssl.js'

// The walk in docs/wstep.md, command by command as it stands there, at other ports.

const program = fileURLToPath(new URL('../../build/cli.js', import.meta.url))
const [, walk = ''] = /^## A walk([^]*?)^## Contents/m.exec(readFileSync('docs/wstep.md', 'utf8')) ?? []
const blocks = [...walk.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) => block)

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'walk-'))
  writeFileSync(path.join(folder, 'uprove'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`)
  chmodSync(path.join(folder, 'uprove'), 0o755)
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

it.skipIf(!hasOpenssl('the walk of docs/wstep.md'))(
  'the walk of docs/wstep.md works as it says',
  { timeout: 300_000 },
  async () => {
    expect(blocks).toHaveLength(6)
    const [port, adminPort, httpPort, certificatePort] = await freePorts()
    const others = `--admin-port ${adminPort} --http-port ${httpPort} --certificate-port ${certificatePort}`
    const commands = blocks
      .join('\n')
      .replaceAll('8443', String(port))
      .replace(/^uprove init .*$/m, (line) => `${line} ${others} | tee init.log`)
      // What a person reads and does: waits for the server, and takes the password from the output.
      .replace(
        /^uprove serve .*$/m,
        (line) => `${line}\ntrap 'kill %1' EXIT\nuntil grep -q listening serve.log; do kill -0 $!; sleep 0.1; done`,
      )
      .replace('UPROVE_PASSWORD=...', `UPROVE_PASSWORD="$(sed -n 's/^ *alice  *//p' init.log)"`)
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH ?? ''}` }
    const shell = spawn('bash', ['-euo', 'pipefail', '-c', commands], { cwd: folder, env })
    let [out, err] = ['', '']
    shell.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    shell.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    const [code] = (await once(shell, 'close')) as [number | null]
    expect(code, out + err).toBe(0)
    expect(out).toMatch(/verified: true[^]*Request \d+ is pending[^]*Request \d+: issued\./)
    expect(out.match(/^web\.crt: OK$/gm)).toHaveLength(2)
    expect(out).toMatch(/web\.crt: renewed, CN=Alice Archer/)
    expect(out).toMatch(/revoked \(superseded\)\.\nRevoke [0-9a-f]+ too, if it is in the same hands: it renewed it/)
    expect(out.match(/Serial Number:/g)).toHaveLength(2)
    expect(out).toMatch(/Superseded[^]*Key Compromise|Key Compromise[^]*Superseded/)
    expect(err).toContain('certificate revoked')
    expect(out).toMatch(/revoked, as it should be\n$/)
    expect(existsSync(path.join(folder, 'web.pending'))).toBe(false)
  },
)
