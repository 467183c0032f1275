import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { notAccepted, ofPackage, ofTools } from './supply-chain.mjs'

const component = (license?: { id?: string; name?: string }, expression?: string) => ({
  components: [
    { name: 'some', version: '1.0.0', licenses: license || expression ? [{ license, expression }] : undefined },
  ],
})

describe('licences', () => {
  it.each([
    ['one that is accepted', component({ id: 'MIT' }), []],
    ['one of two', component(undefined, '(GPL-3.0-only OR MIT)'), []],
    ['both of two', component(undefined, 'MIT AND ISC'), []],
    ['another', component({ id: 'GPL-3.0-only' }), ['some 1.0.0: GPL-3.0-only']],
    [
      'one of two that are both needed',
      component(undefined, 'MIT AND GPL-3.0-only'),
      ['some 1.0.0: MIT AND GPL-3.0-only'],
    ],
    ['a name that is in no list', component({ name: 'ask me' }), ['some 1.0.0: ask me']],
    ['none', component(), ['some 1.0.0: no licence']],
  ])('%s', (_, sbom, refused) => {
    expect(notAccepted(sbom, ofPackage)).toEqual(refused)
  })

  it('of tools are not those of the package', () => {
    expect(notAccepted(component({ id: 'LGPL-3.0-only' }), ofTools)).toEqual([])
    expect(notAccepted(component({ id: 'LGPL-3.0-only' }), ofPackage)).toHaveLength(1)
  })
})

describe('the table of dependencies', () => {
  it('has a reason for each package that an installation brings along, or asks for', () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
      'dependencies' | 'peerDependencies',
      Record<string, string>
    >
    const rows = readFileSync('docs/assurance.md', 'utf8').split('\n')
    for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
      const row = rows.find((line) => line.startsWith(`| \`${name}\` |`))
      expect(row?.split('|')[2]?.trim().length, name).toBeGreaterThan(20)
    }
  })
})
