import { createEngine, UProveError, type Engine } from '../../index.js'
import { SOAP } from '../../soap/envelope/names.js'
import { WST } from '../../ws-trust/syntax/names.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXml } from '../../xml/parse.js'
import { DEFAULT_ID_ATTRIBUTES } from '../../xml/signature.js'
import type { XmlElement } from '../../xml/tree.js'
import { defineCommand, exitCode } from '../command/command.js'
import { UsageError } from '../errors.js'
import { printable } from '../command/failures.js'
import { readInput, readOctets } from '../files/files.js'
import { explainDer, explainPem } from '../inspection/der.js'
import { explainParameters, explainUnder, isIssuerParameters, readParameters } from '../inspection/octet-forms.js'
import type { ExplainedArtefact, Fact } from '../inspection/facts.js'
import { explainJson } from '../inspection/json-forms.js'
import { Inspection } from '../inspection/inspection.js'
import { explainMdm, isOfMdm } from '../inspection/mdm.js'
import { explainPolicies, isOfXcep } from '../inspection/policies.js'
import { anyParameters, explainSdk } from '../inspection/sdk-forms.js'
import { explainEnvelope, explainFault, explainWstep, isOfWstep } from '../inspection/soap.js'
import { descendants, explain, UnknownArtefactError } from '../inspection/explain.js'

const description = `Explains what a file contains: artefacts of the U-Prove WS-Trust profile (Issuer parameters, Device parameters, token requests,
issuance responses, tokens, presentation tokens), of X.509 (certificates, requests, CRLs, PKCS#7, CMS and CMC, PKCS#12; as PEM or DER, in
UTF-16 too), of SOAP, WSTEP, XCEP and MDM (messages and faults), also inside another document; and Issuer parameters, tokens and proofs over subgroups and
curves in the library's octets, as encodeIssuerParameters(), encodeToken() and encodeProof() write them. Tokens and proofs in
octets need the octets of their Issuer parameters (--parameters), which verify a token's signature; and of the U-Prove JSON Framework
JWKs, JWK sets, messages, tokens, presentations, JWS and JWP, which a JWK or JWK set verifies (--parameters); and what Microsoft's SDKs
in C# and JavaScript serialise as JSON, or as the former's tests store it, which Issuer parameters of the same form verify (--parameters).
It never prints secrets. FILE - is standard input.

A signature is verified if the file has what that takes: the issuer's certificate, or the certificate itself if it is self-signed.
Otherwise it says "not checked". No authority is trusted: "verified" means that the signature is right.

With --c14n it prints the exclusive canonical form of XML without comments: the octets that are hashed and signed.`

export const inspect = defineCommand({
  name: 'inspect',
  positionals: 'FILE',
  description,
  options: {
    c14n: { type: 'boolean', description: 'print the exclusive canonical form' },
    id: { type: 'string', value: 'ID', description: 'take only the element with this Id, ID or wsu:Id' },
    parameters: {
      type: 'string',
      value: 'FILE',
      description:
        'Issuer parameters of the artefact in FILE: octets, those of an SDK, or a JWK or JWK set for the JSON Framework',
    },
    json: { type: 'boolean', description: 'print the explanation as JSON' },
  },

  async run(
    { values: { c14n = false, id, parameters, json = false }, positionals: [file, ...others] },
    { out, err, input },
  ) {
    if (file === undefined) throw new UsageError('missing FILE')
    if (others.length > 0) throw new UsageError('too many arguments; inspect takes one FILE')
    if (c14n && json) throw new UsageError('--c14n and --json cannot be combined')
    if (parameters !== undefined && (c14n || id !== undefined)) {
      throw new UsageError('--parameters is for octets and JSON, --c14n and --id for XML')
    }
    const octets = decoded(file === '-' ? await readInput(input) : await readOctets(file))
    const parametersOctets = parameters === undefined ? undefined : await readOctets(parameters)
    try {
      const isForXml = parameters === undefined && (c14n || id !== undefined || isXml(octets))
      const explanations = isForXml ? undefined : await explainOther(octets, parametersOctets)
      if (explanations !== undefined) {
        out.write(renderAll(explanations, json))
        return exitCode.success
      }
      const document = parseXml(octets, c14n ? { comments: 'keep' } : {})
      const element = id === undefined ? document : elementOf(document, id)
      if (c14n) {
        out.write(new TextDecoder().decode(canonicalize(element)))
        return exitCode.success
      }
      out.write(renderAll(await explainAll(element), json))
      return exitCode.success
    } catch (error) {
      if (!(error instanceof UProveError)) throw error
      err.write(`${file}: refused: ${error.message} (${error.code})\n`)
      return exitCode.failure
    }
  },
})

/** The element with an identifier. Throws `UsageError` if there is none, or more than one. */
function elementOf(document: XmlElement, id: string): XmlElement {
  const [found, ...others] = descendants(document).filter((element) =>
    DEFAULT_ID_ATTRIBUTES.some(({ namespace, localName }) => element.attribute(localName, namespace) === id),
  )
  if (found === undefined) throw new UsageError(`no element has the identifier ${id}`)
  if (others.length > 0) throw new UsageError(`several elements have the identifier ${id}`)
  return found
}

/** UTF-16, which Windows writes by default, as UTF-8; other octets as they are. */
function decoded(octets: Uint8Array): Uint8Array {
  const [first, second] = octets
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : undefined
  return encoding === undefined ? octets : new TextEncoder().encode(new TextDecoder(encoding).decode(octets))
}

/** Whether a file begins like XML: a byte order mark or white space, then a tag. */
function isXml(octets: Uint8Array): boolean {
  return /^\ufeff?\s*</.test(new TextDecoder('utf-8', { ignoreBOM: true }).decode(octets.subarray(0, 1_024)))
}

/**
 * Explains JSON, PEM, DER, and the library's octets. Returns undefined for other files.
 * Throws `UProveError`, `UsageError`.
 */
async function explainOther(octets: Uint8Array, parameters?: Uint8Array): Promise<ExplainedArtefact[] | undefined> {
  const engine = await createEngine()
  try {
    // The SDKs first: a proof of theirs has the members of one of the framework, and more.
    const ofJson = explainSdk(octets, engine, parameters) ?? explainJson(octets, engine, parameters)
    if (ofJson !== undefined) return ofJson
    if (parameters !== undefined) return [explainUnder(anyParameters(parameters, engine), octets)]
    if (isIssuerParameters(octets)) return [explainParameters(readParameters(octets, engine))]
    const blocks = await explainPem(new TextDecoder().decode(octets), engine)
    if (blocks !== undefined) return blocks
    if (octets[0] !== 0x30) return undefined
    const inspection = new Inspection(engine)
    inspection.add(new Uint8Array(octets))
    return [await explainDer(new Uint8Array(octets), inspection)]
  } finally {
    engine.dispose()
  }
}

/** Explains an element, or the outermost artefacts inside it. Throws `UsageError` if there is none. */
async function explainAll(element: XmlElement): Promise<ExplainedArtefact[]> {
  const engine = await createEngine()
  const search = async (candidate: XmlElement): Promise<ExplainedArtefact[]> => {
    const own = await explainOne(candidate, engine)
    if (own !== undefined && !candidate.is(SOAP, 'Envelope')) return [own]
    const below: ExplainedArtefact[] = own === undefined ? [] : [own]
    for (const child of candidate.elements) below.push(...(await search(child)))
    return below
  }
  try {
    const explanations = await search(element)
    if (explanations.length === 0) throw new UsageError('the file contains no known artefact')
    return explanations
  } finally {
    engine.dispose()
  }
}

/** Undefined for an element that is not an artefact. */
async function explainOne(element: XmlElement, engine: Engine): Promise<ExplainedArtefact | undefined> {
  if (element.is(SOAP, 'Envelope')) return explainEnvelope(element)
  if (element.is(SOAP, 'Fault')) return explainFault(element)
  if (isOfXcep(element)) return explainPolicies(element, engine)
  if (isOfMdm(element)) return explainMdm(element, engine)
  if (element.namespace === WST && isOfWstep(element)) return explainWstep(element, engine)
  try {
    return explain(element, engine)
  } catch (error) {
    if (error instanceof UnknownArtefactError) return undefined
    throw error
  }
}

function renderAll(explanations: readonly ExplainedArtefact[], json: boolean): string {
  return json ? `${JSON.stringify(explanations, undefined, 2)}\n` : explanations.map(render).join('\n')
}

function render({ artefact, facts }: ExplainedArtefact): string {
  return `${artefact}\n${renderFact(facts, '  ')}`
}

/** One fact a line, groups indented, control characters escaped. */
function renderFact(fact: Fact, indent: string): string {
  if (fact === null || typeof fact !== 'object') return `${indent}${plain(fact)}\n`
  const labelled: [string, Fact | undefined][] = Array.isArray(fact)
    ? fact.map((item: Fact): [string, Fact] => ['-', item])
    : Object.entries(fact)
  const entries = labelled.filter((entry): entry is [string, Fact] => entry[1] !== undefined)
  if (entries.length === 0) return `${indent}none\n`
  return entries
    .map(([label, value]) => {
      const isSimple = value === null || typeof value !== 'object'
      const lead = label === '-' ? '-' : `${label}:`
      return isSimple ? `${indent}${lead} ${plain(value)}\n` : `${indent}${lead}\n${renderFact(value, `${indent}  `)}`
    })
    .join('')
}

function plain(value: string | number | boolean | null): string {
  return value === null ? 'none' : printable(String(value))
}
