import { createEngine, type BackendName, type Engine, type KernelName } from '../../index.js'
import type { CommandOption } from './command.js'
import { UsageError } from '../errors.js'

const backends = ['auto', 'wasm', 'bigint'] as const satisfies readonly (BackendName | 'auto')[]
const kernels = ['auto', 'relaxed-fma', 'simd', 'scalar'] as const satisfies readonly (KernelName | 'auto')[]

/** Options of every command that computes. */
export const engineOptions = {
  backend: { type: 'string', value: 'NAME', description: `${backends.join(', ')} (default: the best that works here)` },
  kernel: { type: 'string', value: 'NAME', description: `of wasm: ${kernels.join(', ')} (default: the fastest)` },
} as const satisfies Record<string, CommandOption>

/** The engine that was asked for. Throws `UsageError` for unknown names, `EngineError` for one that does not work here. */
export function engineOf(values: { readonly backend?: string; readonly kernel?: string }): Promise<Engine> {
  return createEngine({
    backend: oneOf('backend', backends, values.backend),
    kernel: oneOf('kernel', kernels, values.kernel),
  })
}

function oneOf<T extends string>(option: string, names: readonly T[], value: string | undefined): T | 'auto' {
  if (value === undefined) return 'auto'
  const name = names.find((candidate) => candidate === value)
  if (name === undefined) throw new UsageError(`there is no ${option} ${value}: choose from ${names.join(', ')}`)
  return name
}

/** What an engine turned out to be, for people. */
export function describeEngine({ backend, kernel }: Engine): string {
  return kernel === undefined ? backend : `${backend}, ${kernel}`
}
