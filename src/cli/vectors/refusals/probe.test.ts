import { readFileSync } from 'node:fs'
import { it } from 'vitest'
import { outcomeOf } from './check.js'
import type { RefusalsDocument } from './entry.js'
import { pkiSteps } from './pki.js'
import { xmlSteps } from './xml.js'
import { createEngine } from '../../../../bindings/loading/create-engine.js'

it.each((process.env['FILES'] ?? '').split(','))('%s', async (file) => {
  const steps = { ...pkiSteps, ...xmlSteps(await createEngine()).steps }
  const document = JSON.parse(readFileSync(`vectors/negative/${file}`, 'utf8')) as RefusalsDocument
  for (const entry of [...document.controls, ...document.cases]) {
    let computed
    try { computed = await outcomeOf(entry, document, steps[entry.step]!) } catch (e) { computed = String((e as Error).stack) }
    const expected = entry.code === undefined ? entry.expected : `${entry.expected} (${entry.code})`
    if (computed !== expected) console.log(`${entry.id}\t${expected}\t${computed}`)
  }
})
