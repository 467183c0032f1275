import { digests } from '../../../build/kernels/P-384/digests.js'
import { P384 as data } from '../curves/P384.js'
import { slimCurve } from '../recommended-curve.js'
import type { RecommendedCurve } from '../recommended.js'

/** P-384 like that of `uprove-wasm/params/P384`, without its kernels: name it in the option `curves`, and where they are in `wasm`. */
export const P384: RecommendedCurve = /* @__PURE__ */ slimCurve(data, digests)
