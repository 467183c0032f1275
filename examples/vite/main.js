// Vite: the kernels are assets with URLs. Vite finds and bundles the worker of the pool.
import { Issuer } from 'uprove-wasm'
import { createPool } from 'uprove-wasm/pool'
import { L2048N256 } from 'uprove-wasm/params/L2048N256'
import { createEngine } from 'uprove-wasm/slim'
import relaxedFma from 'uprove-wasm/wasm/relaxed-fma.wasm?url'
import scalar from 'uprove-wasm/wasm/scalar.wasm?url'
import simd from 'uprove-wasm/wasm/simd.wasm?url'

const wasm = { 'relaxed-fma': relaxedFma, simd, scalar }

async function run() {
  const engine = await createEngine({ wasm })
  const group = engine.subgroup(L2048N256)
  const issuer = Issuer.create(group, { uid: 'urn:example:1', attributes: 1, recommended: L2048N256 })
  const pool = await createPool({ workers: 2, engine: { wasm }, fallback: false })
  const attributes = ['Alice']
  const issuing = await pool.issuer(issuer).begin({ attributes, count: 20 })
  const prover = await pool.beginProver(issuer.parameters, { attributes, count: 20 })
  const tokens = await prover.finish(await issuing.respond(await prover.respond(issuing.message1)))
  await pool.dispose()
  return `${engine.backend}: ${String(tokens.length)} tokens from workers`
}

/** @param {string} text */
const show = (text) => {
  const status = document.querySelector('[role=status]')
  if (status !== null) status.textContent = text
}
run().then(show, (error) => show(String(error)))
