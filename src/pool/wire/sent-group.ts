import { curveArithmetic } from '../../../bindings/curve/arithmetic.js'
import type {
  CurveNumbers,
  GroupDescription,
  KernelName,
  SubgroupDescription,
} from '../../../bindings/engine/engine.js'
import { EngineError } from '../../../bindings/errors.js'

/** A curve as sent to a worker, with the octets of the worker's kernel: the worker script contains no kernels of curves. */
export interface SentCurve extends CurveNumbers {
  readonly kernel?: KernelName
  readonly binary?: Uint8Array
}

/** A group as plain data. */
export type SentGroup = SubgroupDescription | SentCurve

/** A group for a worker on a kernel, or on bigint. */
export function sendGroup(description: GroupDescription, kernel: KernelName | undefined): SentGroup {
  if (!('arithmetic' in description)) return description
  const { name, oid, p, b, q, g, arithmetic } = description
  const numbers = { name, oid, p, b, q, g: { x: g.x, y: g.y } }
  return kernel === undefined ? numbers : { ...numbers, kernel, binary: arithmetic.binary(kernel) }
}

/** The group that a worker makes from what it received. */
export function receiveGroup(sent: SentGroup): GroupDescription {
  if (!('b' in sent)) return sent
  const { kernel, binary, ...numbers } = sent
  const arithmetic = curveArithmetic((wanted) => {
    if (binary === undefined || wanted !== kernel) {
      throw new EngineError('engine/kernel-unavailable', `the pool sent no ${wanted} kernel of ${numbers.name}`)
    }
    return new Uint8Array(binary)
  })
  return { ...numbers, arithmetic }
}
