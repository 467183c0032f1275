import type { KernelName } from '../engine/engine.js'

/** The names of the curves that have kernels. */
export const curveNames = ['P-256', 'P-384', 'P-521'] as const

export type CurveName = (typeof curveNames)[number]

interface Binary {
  readonly wasmBase64: string
}

/** Each is a module of its own, which is loaded when the curve is opened. */
const binaries: Readonly<Record<CurveName, Readonly<Record<KernelName, () => Promise<Binary>>>>> = {
  'P-256': {
    'relaxed-fma': () => import('../../build/kernels/P-256/relaxed-fma.js'),
    simd: () => import('../../build/kernels/P-256/simd.js'),
    scalar: () => import('../../build/kernels/P-256/scalar.js'),
  },
  'P-384': {
    'relaxed-fma': () => import('../../build/kernels/P-384/relaxed-fma.js'),
    simd: () => import('../../build/kernels/P-384/simd.js'),
    scalar: () => import('../../build/kernels/P-384/scalar.js'),
  },
  'P-521': {
    'relaxed-fma': () => import('../../build/kernels/P-521/relaxed-fma.js'),
    simd: () => import('../../build/kernels/P-521/simd.js'),
    scalar: () => import('../../build/kernels/P-521/scalar.js'),
  },
}

/** Compiled kernels, for further engines. */
const modules = /* @__PURE__ */ new Map<string, WebAssembly.Module>()

/** Compiles the kernel of a curve that the package carries. */
export async function compileInlinedCurve(curve: CurveName, kernel: KernelName): Promise<WebAssembly.Module> {
  const key = `${curve} ${kernel}`
  const known = modules.get(key)
  if (known !== undefined) return known
  const { wasmBase64 } = await binaries[curve][kernel]()
  const bytes = Uint8Array.from(atob(wasmBase64), (character) => character.charCodeAt(0))
  const module = await WebAssembly.compile(bytes)
  modules.set(key, module)
  return module
}
