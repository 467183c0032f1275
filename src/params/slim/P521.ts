import { digests } from '../../../build/kernels/P-521/digests.js'
import { P521 as data } from '../curves/P521.js'
import { slimCurve } from '../recommended-curve.js'
import type { RecommendedCurve } from '../recommended.js'

/** P-521 like that of `uprove-wasm/params/P521`, without its kernels: name it in the option `curves`, and where they are in `wasm`. */
export const P521: RecommendedCurve = /* @__PURE__ */ slimCurve(data, digests)
