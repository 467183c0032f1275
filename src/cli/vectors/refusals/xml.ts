import type { Engine } from '../../../../bindings/engine/engine.js'
import type { Step } from './entry.js'
export function xmlSteps(_engine: Engine): { readonly steps: Readonly<Record<string, Step>>; dispose(): void } {
  return { steps: {}, dispose: () => undefined }
}
