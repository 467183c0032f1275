import { fileURLToPath } from 'node:url'
import { exitCode, type ExitCode } from './command/command.js'
import { runDemo } from './demo/demo.js'
import { runSelfCheck } from './self-check/self-check.js'

const amounts = { tokens: 200, batch: 50, presentations: 20 }
const vectors = fileURLToPath(new URL('../vectors', import.meta.url))
const stay = process.argv.includes('--serve')

async function start(): Promise<ExitCode> {
  const terminal = { out: process.stdout, err: process.stderr }
  const checked = await runSelfCheck({ vectors, ...amounts }, terminal)
  return checked === exitCode.success ? runDemo({ claimTokens: 1_000, idTokens: 20, stay }, terminal) : checked
}

void start().then((code) => {
  process.exitCode = code
})
