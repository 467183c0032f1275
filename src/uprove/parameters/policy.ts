import type { Group } from '../../../bindings/engine/engine.js'
import { EngineError } from '../../../bindings/errors.js'

export interface VariableTimeOption {
  /**
   * Allow secrets on an engine that is not constant time (the bigint backend), whose timing can reveal them. For tests,
   * benchmarks, and platforms without WebAssembly.
   */
  readonly allowVariableTime?: boolean
}

/** Throws `EngineError` (`engine/variable-time`) if secrets would be processed in variable time without `allowVariableTime`. */
export function checkConstantTime(group: Group, { allowVariableTime = false }: VariableTimeOption): void {
  if (!group.engine.constantTime && !allowVariableTime) {
    throw new EngineError(
      'engine/variable-time',
      `the ${group.engine.backend} backend is not constant time: pass allowVariableTime to use secrets on it`,
    )
  }
}
