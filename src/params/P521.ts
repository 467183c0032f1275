import { packed } from '../../build/kernels/P-521/packed.js'
import { P521 as data } from './curves/P521.js'
import { recommendedCurve } from './recommended-curve.js'
import type { RecommendedCurve } from './recommended.js'

/** The recommended curve P-521 (FIPS 186-4, section D.1.2), OID 1.3.6.1.4.1.311.75.1.2.3. */
export const P521: RecommendedCurve = /* @__PURE__ */ recommendedCurve(data, packed)
