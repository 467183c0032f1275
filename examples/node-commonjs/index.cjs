// Node, CommonJS: require() loads the same package in every supported Node version.
const { createEngine, Issuer, presentToken, Prover, verifyPresentation } = require('uprove-wasm')
const { L2048N256 } = require('uprove-wasm/params/L2048N256')

async function main() {
  const engine = await createEngine()
  const issuer = Issuer.create(engine.subgroup(L2048N256), {
    uid: 'urn:example:1',
    attributes: 2,
    recommended: L2048N256,
  })
  const { parameters } = issuer
  const attributes = ['Alice', 'citizen']

  const issuing = issuer.begin({ attributes })
  const prover = Prover.begin(parameters, { attributes })
  const [issued] = prover.finish(issuing.respond(prover.respond(issuing.message1)))
  if (issued === undefined) throw new Error('no token')

  const message = crypto.getRandomValues(new Uint8Array(32))
  const { proof } = presentToken(parameters, issued, { attributes, disclosed: [2], message })
  const verdict = verifyPresentation(parameters, issued.token, proof, { message })
  if (!verdict.valid) throw new Error(verdict.code)
  console.log(`${engine.backend}: ${new TextDecoder().decode(verdict.attributes.get(2) ?? undefined)}`)
  engine.dispose()
}

void main()
