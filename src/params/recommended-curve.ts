import { curveArithmetic, filedCurveArithmetic } from '../../bindings/curve/arithmetic.js'
import { unpackKernel, type PackedKernels } from '../../bindings/core/packed-kernels.js'
import type { CurveArithmetic, CurveNumbers, Element, KernelName } from '../../bindings/engine/engine.js'
import { uncompressedForm } from '../../bindings/curve/sec1.js'
import { octetsOfBase64 } from '../../bindings/octets/base64.js'
import { byteLength } from '../../bindings/octets/integers.js'
import type { RecommendedCurve, RecommendedGenerators } from './recommended.js'

const generatorCount = 50

/** The numbers of a recommended curve, without its kernels. */
export interface CurveData {
  readonly numbers: CurveNumbers & { readonly oid: string }
  /** g_1 to g_50, g_t, g_d without their first octet, in base64. */
  readonly generators: string
}

type Decoded = Pick<RecommendedGenerators, 'generators' | 'gt' | 'gd'>

/** A curve with its kernels. They and the generators are decoded at first use, so that importing a set costs nothing. */
export function recommendedCurve(data: CurveData, kernels: PackedKernels): RecommendedCurve {
  return withGenerators(
    data,
    curveArithmetic((kernel) => unpackKernel(kernels, kernel)),
  )
}

/** A curve whose kernels are files. */
export function slimCurve(data: CurveData, digests: Readonly<Record<KernelName, string>>): RecommendedCurve {
  return withGenerators(data, filedCurveArithmetic(data.numbers, digests))
}

function withGenerators({ numbers, generators }: CurveData, arithmetic: CurveArithmetic): RecommendedCurve {
  let decoded: Decoded | undefined
  const data = (): Decoded => (decoded ??= decode(generators, 2 * byteLength(numbers.p)))
  return {
    ...numbers,
    arithmetic,
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
  const octets = octetsOfBase64(base64)
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
