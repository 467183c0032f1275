import { digests } from '../../../build/kernels/P-256/digests.js'
import { P256 as data } from '../curves/P256.js'
import { slimCurve } from '../recommended-curve.js'
import type { RecommendedCurve } from '../recommended.js'

/** P-256 like that of `uprove-wasm/params/P256`, without its kernels: name it in the option `curves`, and where they are in `wasm`. */
export const P256: RecommendedCurve = /* @__PURE__ */ slimCurve(data, digests)
