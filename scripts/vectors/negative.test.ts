import { execFileSync } from 'node:child_process'
import { it } from 'vitest'

it('vectors/negative/subgroups.json is what its script writes', () => {
  execFileSync(process.execPath, ['scripts/vectors/negative.mjs', '--check'])
})
