// The slow suite of the differential tests: this project beside pkijs, asn1js, fast-xml-parser and xml-c14n over mutated inputs.
//
//   npm run oracles                         20,000 cases from a seed that it prints
//   npm run oracles -- --seed 7 --cases 500
//   npm run oracles -- --case 1234          one case again, and what it is
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { seed: { type: 'string' }, cases: { type: 'string' }, case: { type: 'string' } },
})
const seed = Number(values.case ?? values.seed ?? randomInt(2 ** 32))
const cases = values.case === undefined ? Number(values.cases ?? 20_000) : 1
if (![seed, cases].every(Number.isSafeInteger) || cases < 1)
  throw new RangeError('--seed, --cases and --case take whole numbers')

console.log(`${String(cases)} cases of each kind, seed ${String(seed)}`)
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--testTimeout',
    '3600000',
    'src/xml/oracles.test.ts',
    'src/pki/oracles.test.ts',
  ],
  {
    stdio: 'inherit',
    cwd: new URL('..', import.meta.url),
    env: { ...process.env, ORACLE_SEED: String(seed), ORACLE_CASES: String(cases) },
  },
)
process.exitCode = status ?? 1
