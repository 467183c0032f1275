import { execFileSync } from 'node:child_process'
import { it } from 'vitest'

it.each([
  ['subgroups', 'negative'],
  ['requests', 'negative-requests'],
  ['paths', 'negative-paths'],
  ['xml', 'negative-xml'],
  ['soap', 'negative-soap'],
])('vectors/negative/%s.json is what its script writes', (_, script) => {
  execFileSync(process.execPath, [`scripts/vectors/${script}.mjs`, '--check'])
})
