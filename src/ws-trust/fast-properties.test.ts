import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { WasmEngine } from '../../bindings/subgroup/wasm-engine.js'
import { loadInlinedKernel } from '../../bindings/loading/inlined-kernels.js'
import { L2048N256 } from '../params/L2048N256.js'
import { pack } from '../pool/wire/transfer-message.js'
import { Issuer } from '../uprove/issuance/issuer.js'
import { Prover } from '../uprove/issuance/prover.js'
import { PresentationSession } from '../uprove/presentation/presentation.js'
import { verifyPresentation } from '../uprove/presentation/verification.js'
import { DEFAULT_LIMITS } from '../xml/parse.js'
import { TreeParser } from '../xml/tree-parser.js'
import { readSecondResponse, writeSecondResponse } from './issuance/messages.js'

setFlagsFromString('--allow-natives-syntax')
/** Whether V8 finds an object's properties by its hidden class, not in a dictionary, in which each access takes several times as long. */
const hasFastProperties = runInThisContext('(object) => %HasFastProperties(object)') as (object: object) => boolean

it('an object whose properties come and go has a dictionary, and this test sees it', () => {
  const object: Record<string, number> = {}
  for (let i = 0; i < 2000; i++) object[`property ${i}`] = i
  for (let i = 0; i < 1000; i++) Reflect.deleteProperty(object, `property ${i}`)
  expect(hasFastProperties(object)).toBe(false)
  expect(hasFastProperties({ a: 1 })).toBe(true)
})

describe('no dictionary is', async () => {
  const core = await loadInlinedKernel('simd')
  const engine = new WasmEngine(core)
  const group = engine.subgroup(L2048N256)
  const attributes = ['Alice', 'Lyon']
  const issuer = Issuer.create(group, { uid: 'urn:example:1', attributes: 2, recommended: L2048N256 })
  const { parameters } = issuer
  const session = issuer.begin({ attributes })
  const prover = Prover.begin(parameters, { attributes })
  const { message1 } = session
  const message2 = prover.respond(message1)
  const message3 = session.respond(message2)
  const issued = prover.finish(message3)[0]!
  const presentation = PresentationSession.begin(parameters, issued, { attributes, disclosed: [1], message: 'm' })
  const { proof } = presentation.finish()
  const verdict = verifyPresentation(parameters, issued.token, proof, { message: 'm' })

  const parser = new TreeParser(DEFAULT_LIMITS, false)
  const document = '<a xmlns="urn:a" b="c"><d>text</d><e/></a>'
  for (let at = 0; at < document.length;) at = parser.advance(document, at)
  parser.close()
  const tree = parser.root!
  const written = writeSecondResponse({ context: 'c', sigmaC: [message2.sigmaC] })
  const message = pack({ token: issued.token, proof })

  const objects = {
    core,
    "the core's exports": core.exports,
    engine,
    group,
    scalars: group.scalars,
    table: group.fixedBase(group.generator),
    parameters,
    'the tables of parameters': parameters.publicTables,
    issuer,
    "the Issuer's session": session,
    prover,
    ...{ message1, message2, message3 },
    'a held token': issued,
    'a token': issued.token,
    'a presentation in two steps': presentation,
    proof,
    verdict,
    'a message between threads': message,
    'the data of a message between threads': message.data,
    'the parser of XML': parser,
    'a parsed element': tree,
    'its attribute': tree.attributes[0]!,
    'its child': tree.children[0] as object,
    'a written element': written,
    'what was read': readSecondResponse(written),
  }
  it.each(Object.entries(objects))('%s', (_, object) => {
    expect(hasFastProperties(object)).toBe(true)
  })
})
