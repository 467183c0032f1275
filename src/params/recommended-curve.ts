import { curveArithmetic } from '../../bindings/curve/arithmetic.js'
import { unpackKernel, type PackedKernels } from '../../bindings/core/packed-kernels.js'
import type { CurveNumbers, Element } from '../../bindings/engine/engine.js'
import { uncompressedForm } from '../../bindings/curve/sec1.js'
import { byteLength } from '../../bindings/octets/integers.js'
import type { RecommendedCurve, RecommendedGenerators } from './recommended.js'

const generatorCount = 50

/** The numbers and kernels of a recommended curve. */
export interface RecommendedCurveData {
  readonly numbers: CurveNumbers & { readonly oid: string }
  /** g_1 to g_50, g_t, g_d without their first octet, in base64. */
  readonly generators: string
  readonly kernels: PackedKernels
}

type Decoded = Pick<RecommendedGenerators, 'generators' | 'gt' | 'gd'>

/** A curve from its data. It is decoded at first use, so that importing a set costs nothing. */
export function recommendedCurve({ numbers, generators, kernels }: RecommendedCurveData): RecommendedCurve {
  let decoded: Decoded | undefined
  const data = (): Decoded => (decoded ??= decode(generators, 2 * byteLength(numbers.p)))
  return {
    ...numbers,
    arithmetic: curveArithmetic((kernel) => unpackKernel(kernels, kernel)),
    get generators() {
      return data().generators
    },
    get gt() {
      return data().gt
    },
    get gd() {
      return data().gd
    },
  }
}

function decode(base64: string, pointLength: number): Decoded {
  const octets = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  const elementAt = (i: number): Element => {
    const point = octets.subarray(i * pointLength, (i + 1) * pointLength)
    return Uint8Array.of(uncompressedForm, ...point) as Uint8Array as Element
  }
  return {
    generators: Array.from({ length: generatorCount }, (_, i) => elementAt(i)),
    gt: elementAt(generatorCount),
    gd: elementAt(generatorCount + 1),
  }
}
