import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { DenialReason } from '../authority.js'
import { DENIAL_CODES } from './policy/denials.js'

const root = new URL('../../../', import.meta.url)
const document = readFileSync(new URL('docs/pki.md', root), 'utf8')

it('docs/pki.md has the HRESULT of every reason', () => {
  for (const reason of Object.keys(DENIAL_CODES) as DenialReason[]) {
    const row = document.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${reason}\``))
    expect(row, reason).toContain(`0x${(DENIAL_CODES[reason] >>> 0).toString(16).toUpperCase().replace('0X', '')}`)
  }
})
