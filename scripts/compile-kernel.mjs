// A thread that compiles kernels for build.mjs, one for each message: the compiler is loaded and warmed up once.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { curves } from './curve/curves.mjs'
import { generateField } from './curve/generate.mjs'

/**
 * @typedef {object} Job
 * @property {import('./curve/generate.mjs').KernelName} kernel
 * @property {string} [curve] the curve whose core is compiled. Without it the core of subgroups is compiled
 */

// Its types would change those of arrays everywhere: `at()` is never undefined there.
/** @type {{ default: { main(args: string[], options: object): Promise<{ error: Error | null, stderr: { toString(): string } }> } }} */
const { default: asc } = await import(/** @type {string} */ ('assemblyscript/asc'))

const { options, targets } = JSON.parse(readFileSync('asconfig.json', 'utf8'))

/** Writes the kernel to build/kernels, and beside that of a curve its field arithmetic, to read. @param {Job} job */
async function compile({ kernel, curve: name }) {
  const base = ['build/kernels', ...(name === undefined ? [] : [name]), kernel].join('/')
  mkdirSync(dirname(base), { recursive: true })
  const curve = curves.find((candidate) => candidate.name === name)
  const field = curve === undefined ? undefined : generateField(curve, kernel)
  if (field !== undefined) writeFileSync(`${base}.field.ts`, field)
  // Generated code is already unrolled where that pays: inlining the rest makes kernels larger, not faster.
  const settings = curve === undefined ? options : { ...options, shrinkLevel: 1 }
  const flags = Object.entries({ ...settings, ...targets[kernel] }).flatMap(([option, value]) =>
    value === true ? [`--${option}`] : [value].flat().flatMap((one) => [`--${option}`, String(one)]),
  )
  const source = curve === undefined ? 'assembly/index.ts' : 'assembly/curve/index.ts'
  const { error, stderr } = await asc.main(
    [source, '--outFile', `${base}.wasm`, '--noColors', '--config', 'none', ...flags],
    {
      // The field is compiled as if it stood beside the files that import it.
      readFile: (/** @type {string} */ file) => {
        if (file === 'assembly/curve/field.ts') return field
        try {
          return readFileSync(file, 'utf8')
        } catch {
          return null
        }
      },
      writeFile: (/** @type {string} */ file, /** @type {string | Uint8Array} */ content) => {
        writeFileSync(file, content)
      },
    },
  )
  if (error) throw new Error(`${base}: ${stderr.toString()}`)
}

parentPort?.on('message', (/** @type {Job} */ job) => {
  void compile(job).then(
    () => parentPort?.postMessage('compiled'),
    (/** @type {unknown} */ error) => {
      // As an error of the thread, which its caller receives.
      setImmediate(() => {
        throw error
      })
    },
  )
})
