import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly bin: Readonly<Record<string, string>>
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** The package as npm installs it. */
export interface Installed {
  /** A folder with `node_modules`. */
  readonly folder: string
  /** The folder of the package. */
  readonly root: string
  readonly tarball: string
  readonly manifest: Manifest
  /** The packed files: path and bytes. */
  readonly files: readonly { readonly path: string; readonly size: number }[]
  remove(): Promise<void>
}

/**
 * Packs the package and unpacks it in a new folder, with links to its dependencies, the optional ones too, and to others that
 * a consumer has.
 * @param others names of packages that are installed here
 */
export async function install(...others: readonly string[]): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'uprove-installed-'))
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder])
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string; size: number }[] }[]
  const tarball = join(folder, packed!.filename)
  const { root, manifest } = await unpack(tarball, folder)
  await linkPackages(folder, [...Object.keys(manifest.peerDependencies ?? {}), ...others])
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  return { folder, root, tarball, manifest, files: packed!.files, remove }
}

/** Unpacks the package in a folder, with links to its dependencies, but not to the optional ones. */
export async function unpack(tarball: string, folder: string): Promise<Pick<Installed, 'root' | 'manifest'>> {
  const root = join(folder, 'node_modules/uprove-wasm')
  await mkdir(root, { recursive: true })
  await run('tar', ['-xzf', tarball, '-C', root, '--strip-components=1'])
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest
  await linkPackages(folder, Object.keys(manifest.dependencies))
  return { root, manifest }
}

/** Links packages that are installed here into a folder. */
export async function linkPackages(folder: string, names: readonly string[]): Promise<void> {
  for (const name of new Set(names)) {
    const link = join(folder, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(resolve('node_modules', name), link)
  }
}

export interface Entry {
  /** The name to import, such as `uprove-wasm/pool`. */
  readonly specifier: string
  /** The path of the JavaScript in the package. */
  readonly code: string
  /** The path of the declarations in the package. */
  readonly types: string
}

/** The entries with code; a pattern counts as one entry for each matching file. */
export async function entriesOf({ root, manifest }: Installed): Promise<Entry[]> {
  const all = (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter((item) => item.isFile())
    .map((item) => `./${relative(root, join(item.parentPath, item.name))}`)
  return Object.entries(manifest.exports).flatMap(([path, target]) => {
    if (typeof target === 'string') return []
    const [start, end] = target.default.split('*')
    const stars =
      end === undefined
        ? [undefined]
        : all
            .filter((file) => file.startsWith(start!) && file.endsWith(end))
            .map((file) => file.slice(start!.length, -end.length))
    const fill = (text: string, star: string | undefined): string =>
      star === undefined ? text : text.replace('*', star)
    return stars.map((star) => ({
      specifier: fill(manifest.name + path.slice(1), star),
      code: fill(target.default, star),
      types: fill(target.types, star),
    }))
  })
}
