// Compiles the core of one curve for one kernel: node scripts/curve/compile.mjs CURVE KERNEL. Called by build.mjs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { curves } from './curves.mjs'
import { generateField } from './generate.mjs'

// Its types would change those of arrays everywhere: `at()` is never undefined there.
/** @type {{ default: { main(args: string[], options: object): Promise<{ error: Error | null, stderr: { toString(): string } }> } }} */
const { default: asc } = await import(/** @type {string} */ ('assemblyscript/asc'))

const [name, kernel] = process.argv.slice(2)
const curve = curves.find((candidate) => candidate.name === name)
if (curve === undefined || (kernel !== 'relaxed-fma' && kernel !== 'simd' && kernel !== 'scalar')) {
  throw new Error('usage: compile.mjs CURVE KERNEL')
}

const folder = `build/kernels/${curve.name}`
const { options, targets } = JSON.parse(readFileSync('asconfig.json', 'utf8'))
const { enable = [], disable = [] } = targets[kernel]
const field = generateField(curve, kernel)
mkdirSync(folder, { recursive: true })
// For those who want to read it; the compiler gets it as if it stood beside the files that import it.
writeFileSync(`${folder}/${kernel}.field.ts`, field)

// What is generated is unrolled already, where that pays: inlining the rest makes kernels larger, not faster.
const settings = Object.entries({ ...options, shrinkLevel: 1 }).flatMap(([option, value]) =>
  value === true ? [`--${option}`] : value === false ? [] : [`--${option}`, String(value)],
)
const features = [
  ...enable.flatMap((/** @type {string} */ x) => ['--enable', x]),
  ...disable.flatMap((/** @type {string} */ x) => ['--disable', x]),
]
const { error } = await asc.main(
  [
    'assembly/curve/index.ts',
    '--outFile',
    `${folder}/${kernel}.wasm`,
    '--noColors',
    '--config',
    'none',
    ...settings,
    ...features,
  ],
  {
    stdout: process.stdout,
    stderr: process.stderr,
    readFile: (/** @type {string} */ file) => {
      if (file === 'assembly/curve/field.ts') return field
      try {
        return readFileSync(file, 'utf8')
      } catch {
        return null
      }
    },
  },
)
if (error) process.exit(1)
