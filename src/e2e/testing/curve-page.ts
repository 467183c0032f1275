// In a page: recomputes vectors over curves on the backend and kernel that its element names, makes a token in JSON, and says what it
// found there.
import { createCurveEngine, presentToken, Prover, type BackendName, type Engine, type KernelName } from '../../index.js'
import {
  createJsonIssuer,
  createTokenInformation,
  readJwkSet,
  readJws,
  readMessage1,
  readMessage2,
  readMessage3,
  verifyJsonPresentation,
  writeJwkSet,
  writeJws,
  writeMessage1,
  writeMessage2,
  writeMessage3,
} from '../../json/index.js'
import { prepareFile } from '../../cli/vectors/check.js'
import { P256, P384, P521 } from '../../params/index.js'

/** A file, and the key of the first output that must differ; null if none may. */
export interface PageVector {
  readonly file: string
  readonly text: string
  readonly differs: string | null
}

/** What the page says, as JSON. */
export interface PageReport {
  readonly backend: string
  readonly kernel: string | undefined
  /** Values that agree, of files of which none may differ. */
  readonly values: number
  /** What came out otherwise than it must. */
  readonly wrong: readonly string[]
  /** What became of a presentation in JSON, and of the same proof for another message. */
  readonly json: readonly string[]
}

const carried = (document: unknown): string => JSON.stringify(document)

/** A token of the JSON Framework, from the key to the verdict. */
function jsonVerdicts(engine: Engine): string[] {
  const allowVariableTime = engine.backend === 'bigint'
  const issuer = createJsonIssuer(engine.curve(P256), {
    recommended: P256,
    specification: { n: 1, expType: 'day', attrTypes: ['role'] },
    allowVariableTime,
  })
  const keys = readJwkSet(carried(writeJwkSet([issuer.parameters])), { engine, curves: [P256] })
  const [parameters = issuer.parameters] = keys
  const expires = new Date(Date.now() + 30 * 86_400_000)
  const tokenInformation = createTokenInformation(parameters, { issuer: 'https://issuer.example', expires })
  const contents = { attributes: ['member'], tokenInformation, count: 1 }
  const session = issuer.begin(contents)
  const prover = Prover.begin(parameters, { ...contents, allowVariableTime })
  const message2 = prover.respond(readMessage1(parameters, carried(writeMessage1(session.message1))))
  const message3 = session.respond(readMessage2(issuer.parameters, carried(writeMessage2(message2))))
  const [held] = prover.finish(readMessage3(parameters, carried(writeMessage3(message3))))
  if (held === undefined) throw new Error('no token')
  const message = crypto.getRandomValues(new Uint8Array(32))
  const { proof } = presentToken(parameters, held, { ...contents, disclosed: [1], message, allowVariableTime })
  const genuine = readJws(writeJws('UP256', message, { token: held.token }, proof))
  const other = crypto.getRandomValues(new Uint8Array(32))
  return [genuine, { ...genuine, message: other }].map((presentation) => {
    const verdict = verifyJsonPresentation(presentation, { keys })
    return verdict.valid ? new TextDecoder().decode(verdict.attributes.get(1) ?? undefined) : verdict.code
  })
}

async function check({ backend, kernel }: DOMStringMap): Promise<PageReport> {
  const vectors = (await (await fetch('/vectors.json')).json()) as PageVector[]
  const engine = await createCurveEngine({
    backend: backend as BackendName,
    kernel: kernel as KernelName | 'auto',
    curves: [P256, P384, P521],
  })
  let values = 0
  const wrong: string[] = []
  for (const { file, text, differs } of vectors) {
    const report = await prepareFile(engine, text).vector.check()
    const found = report.difference?.key ?? null
    if (found !== differs) wrong.push(`${file}: ${found ?? 'nothing'} differs`)
    else if (found === null) values += report.values
  }
  return { backend: engine.backend, kernel: engine.kernel, values, wrong, json: jsonVerdicts(engine) }
}

const status = document.querySelector('output')!
check(status.dataset).then(
  (report) => (status.textContent = JSON.stringify(report)),
  (error: unknown) => (status.textContent = String(error)),
)
