import { createRequire } from 'node:module'
import { UProveError } from '../../bindings/errors.js'

// The optional packages of a server. They are loaded here instead of being imported: an import that finds no package fails before any code
// runs, with an error that names the first one and not what to install.

/** The packages, loaded. */
interface Packages {
  readonly pino: (typeof import('pino'))['pino']
  readonly prometheus: typeof import('prom-client')
  readonly yaml: typeof import('yaml')
  readonly z: (typeof import('zod'))['z']
}

const load = createRequire(import.meta.url)

/** The package, or undefined if it is not installed. One that is installed and cannot be loaded throws its own error. */
function installed(name: 'pino'): typeof import('pino') | undefined
function installed(name: 'prom-client'): typeof import('prom-client') | undefined
function installed(name: 'yaml'): typeof import('yaml') | undefined
function installed(name: 'zod'): typeof import('zod') | undefined
function installed(name: string): unknown {
  try {
    return load(name) as unknown
  } catch (error) {
    if (isInstalled(name)) throw error
    return undefined
  }
}

function isInstalled(name: string): boolean {
  try {
    return load.resolve(name) !== ''
  } catch {
    return false
  }
}

/** Throws `UProveError` (`server/packages`) that names all that are missing, and the command that installs them. */
function loadAll(): Packages {
  const [pino, prometheus, yaml, zod] = [
    installed('pino'),
    installed('prom-client'),
    installed('yaml'),
    installed('zod'),
  ]
  if (pino !== undefined && prometheus !== undefined && yaml !== undefined && zod !== undefined) {
    return { pino: pino.pino, prometheus, yaml, z: zod.z }
  }
  const missing = ['pino', 'prom-client', 'yaml', 'zod'].filter((name) => !isInstalled(name))
  // The store says by itself what it lacks, but only when it is opened.
  const hasDatabase = ['@electric-sql/pglite', 'pg'].some(isInstalled)
  const database = hasDatabase ? '' : ', and @electric-sql/pglite for a store in a folder, or pg for PostgreSQL'
  const [names, command] = [missing.join(', '), `npm install ${missing.join(' ')}`]
  throw new UProveError(
    'server/packages',
    `servers need packages that are not installed: ${names}. Run: ${command}${database}`,
  )
}

const packages = loadAll()
export const pino: Packages['pino'] = packages.pino
export const prometheus: Packages['prometheus'] = packages.prometheus
export const yaml: Packages['yaml'] = packages.yaml
export const z: Packages['z'] = packages.z
