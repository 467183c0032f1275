import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommandLine } from '../../../src/cli/command-line.js'
import { textOf, utf8, type Target } from './property.js'

// Commands that write nothing and reach no network. Every other first word is an unknown command.
const harmless = ['inspect', 'vectors', '--help', '--version', 'help']

export const argumentsOfCommands: Target = {
  explores: 'the words of a command line, and a file that they name: exit codes 0, 1 and 2, never an exception',
  words: [
    'inspect',
    'vectors',
    '\n',
    '--',
    '--help',
    '-h',
    '--json',
    '--c14n',
    '--id',
    '--id=x',
    '--parameters',
    'FILE',
    '--backend=bigint',
    '--unknown',
    '=',
    '\0',
    '<a Id="x"/>',
    '{"kty":"UP"}',
  ],
  seeds: () =>
    Promise.resolve(
      [
        'inspect\nFILE\0<a Id="x"/>',
        'inspect\n--c14n\n--id\nx\nFILE\0<a><b Id="x"/></a>',
        'inspect\n--json\nFILE\0{"kty":"UP"}',
        'vectors\nFILE\0{}',
        '--version\0',
        'inspect\n--help\0',
      ].map(utf8),
    ),
  prepare: () => {
    const folder = mkdtempSync(join(tmpdir(), 'uprove-fuzz-'))
    const file = join(folder, 'file')
    const nowhere = { write: () => true }
    return Promise.resolve(async (input: Uint8Array) => {
      const end = input.indexOf(0)
      const [first = '', ...others] = textOf(end < 0 ? input : input.subarray(0, end)).split('\n')
      writeFileSync(file, end < 0 ? new Uint8Array() : input.subarray(end + 1))
      const name = harmless.includes(first) ? first : `unknown ${first}`
      const words = [name, ...others.map((word) => (word === 'FILE' ? file : word.replaceAll('/', '_')))]
      const code = await runCommandLine(words, { out: nowhere, err: nowhere, input: nothing() })
      if (![0, 1, 2].includes(code)) throw new Error(`exit code ${String(code)}`)
    })
  },
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // Standard input is empty.
}
