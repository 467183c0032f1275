import { createEngine, UProveError } from '../../index.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXml } from '../../xml/parse.js'
import { DEFAULT_ID_ATTRIBUTES } from '../../xml/signature.js'
import type { XmlElement } from '../../xml/tree.js'
import { defineCommand, exitCode } from '../command.js'
import { UsageError } from '../errors.js'
import { readOctets } from '../files.js'
import { descendants, explain, UnknownArtefactError, type Explanation, type Fact } from '../inspection/explain.js'

const description = `Explains an artefact of the U-Prove WS-Trust profile: Issuer parameters, Device parameters, a token request, the
responses of an issuance, a token, a presentation token; also several of them within another document.

With --c14n it prints the exclusive canonical form instead, comments left out: the octets that are hashed and signed.`

export const inspect = defineCommand({
  name: 'inspect',
  positionals: 'FILE',
  description,
  options: {
    c14n: { type: 'boolean', description: 'print the exclusive canonical form of the document' },
    id: { type: 'string', value: 'ID', description: 'of the element with this identifier (Id, ID or wsu:Id)' },
    json: { type: 'boolean', description: 'explain as JSON' },
  },

  async run({ values: { c14n = false, id, json = false }, positionals: [file, ...others] }, { out, err }) {
    if (file === undefined) throw new UsageError('a FILE is missing')
    if (others.length > 0) throw new UsageError('one FILE at a time')
    if (c14n && json) throw new UsageError('--c14n and --json exclude each other')
    const octets = await readOctets(file)
    try {
      const document = parseXml(octets, c14n ? { comments: 'keep' } : {})
      const element = id === undefined ? document : elementOf(document, id)
      if (c14n) {
        out.write(new TextDecoder().decode(canonicalize(element)))
        return exitCode.success
      }
      const explanations = await explainAll(element)
      out.write(json ? `${JSON.stringify(explanations, undefined, 2)}\n` : explanations.map(render).join('\n'))
      return exitCode.success
    } catch (error) {
      if (!(error instanceof UProveError)) throw error
      err.write(`${file}: refused: ${error.message} (${error.code})\n`)
      return exitCode.failure
    }
  },
})

/** The one element with an identifier. Throws `UsageError`. */
function elementOf(document: XmlElement, id: string): XmlElement {
  const [found, ...others] = descendants(document).filter((element) =>
    DEFAULT_ID_ATTRIBUTES.some(({ namespace, localName }) => element.attribute(localName, namespace) === id),
  )
  if (found === undefined) throw new UsageError(`no element has the identifier ${id}`)
  if (others.length > 0) throw new UsageError(`several elements have the identifier ${id}`)
  return found
}

/** What is in an element: itself, or the outermost artefacts below it. Throws `UsageError` if there is none. */
async function explainAll(element: XmlElement): Promise<Explanation[]> {
  const engine = await createEngine()
  const search = (candidate: XmlElement): Explanation[] => {
    try {
      return [explain(candidate, engine)]
    } catch (error) {
      if (error instanceof UnknownArtefactError) return candidate.elements.flatMap(search)
      throw error
    }
  }
  try {
    const explanations = search(element)
    if (explanations.length === 0) throw new UsageError('there is no artefact of the WS-Trust profile in it')
    return explanations
  } finally {
    engine.dispose()
  }
}

function render({ artefact, facts }: Explanation): string {
  return `${artefact}\n${renderFact(facts, '  ')}`
}

/** One fact a line; what belongs together is indented. Control characters are shown as escapes. */
function renderFact(fact: Fact, indent: string): string {
  if (fact === null || typeof fact !== 'object') return `${indent}${plain(fact)}\n`
  const entries: [string, Fact][] = Array.isArray(fact)
    ? fact.map((item: Fact): [string, Fact] => ['-', item])
    : Object.entries(fact)
  return entries
    .map(([label, value]) => {
      const isSimple = value === null || typeof value !== 'object'
      const lead = label === '-' ? '-' : `${label}:`
      return isSimple ? `${indent}${lead} ${plain(value)}\n` : `${indent}${lead}\n${renderFact(value, `${indent}  `)}`
    })
    .join('')
}

/** What comes from others must not steer the terminal. */
function plain(value: string | number | boolean | null): string {
  if (value === null) return 'none'
  return String(value).replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
