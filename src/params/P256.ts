import { packed } from '../../build/kernels/P-256/packed.js'
import { P256 as data } from './curves/P256.js'
import { recommendedCurve } from './recommended-curve.js'
import type { RecommendedCurve } from './recommended.js'

/** The recommended curve P-256 (FIPS 186-4, section D.1.2), OID 1.3.6.1.4.1.311.75.1.2.1. */
export const P256: RecommendedCurve = /* @__PURE__ */ recommendedCurve(data, packed)
