import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import lock from '../package-lock.json' with { type: 'json' }
import manifest from '../package.json' with { type: 'json' }

const built = (folder: string) => readdirSync(`build/${folder}`).filter((file) => file.endsWith('.js'))

describe('package.json', () => {
  const targets = Object.entries(manifest.exports).flatMap(([specifier, target]) =>
    typeof target === 'string' ? [] : [{ specifier, ...target }],
  )
  const entryPoints = targets.flatMap((target) => {
    if (!target.specifier.includes('*')) return [target]
    const folder = target.specifier.slice('./'.length, -'/*'.length)
    return built(folder).map((file) => {
      const name = file.slice(0, -'.js'.length)
      return {
        specifier: target.specifier.replace('*', name),
        types: target.types.replace('*', name),
        default: target.default.replace('*', name),
      }
    })
  })

  it.each(entryPoints)('exports $specifier with code and types', async ({ specifier, types, default: code }) => {
    expect(existsSync(types)).toBe(true)
    expect(existsSync(code)).toBe(true)
    const module = (await import(specifier.replace('.', manifest.name))) as object
    expect(Object.keys(module)).not.toHaveLength(0)
  })

  it.each(Object.entries(manifest.bin))('has the command %s', (_name, file) => {
    expect(readFileSync(file, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  })

  it('runs nothing when it is installed', () => {
    const installScripts = ['preinstall', 'install', 'postinstall', 'prepare']
    expect(Object.keys(manifest.scripts).filter((script) => installScripts.includes(script))).toEqual([])
  })
})

describe('package-lock.json', () => {
  it('names no download addresses', () => {
    const addresses = Object.values(lock.packages).flatMap((entry) => ('resolved' in entry ? [entry.resolved] : []))
    expect(addresses).toEqual([])
  })
})
