import { deflateSync } from 'fflate'
import { expect, it } from 'vitest'
import { kernels } from '../loading/detect.js'
import { unpackKernel } from './packed-kernels.js'

it('takes each kernel out of those that are packed together', () => {
  const octets = Uint8Array.from({ length: 60 }, (_, i) => i)
  const deflated = Buffer.from(deflateSync(octets)).toString('base64')
  const packed = { deflated, lengths: { scalar: 10, 'relaxed-fma': 20, simd: 30 } }
  expect(kernels.map((kernel) => [...unpackKernel(packed, kernel)])).toEqual([
    [...octets.subarray(10, 30)],
    [...octets.subarray(30, 60)],
    [...octets.subarray(0, 10)],
  ])
})
