import { packed } from '../../build/kernels/P-384/packed.js'
import { P384 as data } from './curves/P384.js'
import { recommendedCurve } from './recommended-curve.js'
import type { RecommendedCurve } from './recommended.js'

/** The recommended curve P-384 (FIPS 186-4, section D.1.2), OID 1.3.6.1.4.1.311.75.1.2.2. */
export const P384: RecommendedCurve = /* @__PURE__ */ recommendedCurve(data, packed)
