import { createEngine, type BackendName, type Engine, type KernelName } from '../../index.js'
import type { CommandOption } from './command.js'
import { UsageError } from '../errors.js'

const backends = ['auto', 'wasm', 'bigint'] as const satisfies readonly (BackendName | 'auto')[]
const kernels = ['auto', 'relaxed-fma', 'simd', 'scalar'] as const satisfies readonly (KernelName | 'auto')[]

/** Options of every command that computes. */
export const engineOptions = {
  backend: {
    type: 'string',
    value: 'NAME',
    description: `${backends.join(', ')} (default: the fastest that works here)`,
  },
  kernel: {
    type: 'string',
    value: 'NAME',
    description: `kernel of the wasm backend: ${kernels.join(', ')} (default: the fastest)`,
  },
} as const satisfies Record<string, CommandOption>

/** The engine that the options name. Throws `UsageError` for an unknown name, `EngineError` for an engine that does not work here. */
export function engineOf(values: { readonly backend?: string; readonly kernel?: string }): Promise<Engine> {
  return createEngine({
    backend: oneOf('backend', backends, values.backend),
    kernel: oneOf('kernel', kernels, values.kernel),
  })
}

function oneOf<T extends string>(option: string, names: readonly T[], value: string | undefined): T | 'auto' {
  if (value === undefined) return 'auto'
  const name = names.find((candidate) => candidate === value)
  if (name === undefined) throw new UsageError(`unknown ${option} ${value}; choose from ${names.join(', ')}`)
  return name
}

/** The backend and kernel that an engine uses, in words. */
export function describeEngine({ backend, kernel }: Engine): string {
  return kernel === undefined ? backend : `${backend}, ${kernel}`
}
