import { decodeBase64 } from '../../../bindings/octets/base64.js'
import { errorsWith } from '../../../bindings/errors.js'
import { toBigint, toHex } from '../../../bindings/octets/integers.js'
import { wipe } from '../../../bindings/octets/octets.js'
import { decodeText } from '../../../bindings/octets/text.js'
import { hashFunction } from '../../hash/index.js'
import {
  elementFromOctets,
  Issuer,
  scalarFromOctets,
  type Engine,
  type Group,
  type IssuerParameters,
  type Token,
} from '../../index.js'
import { parseJson, type JsonObject, type JsonValue } from '../../json/syntax/parse.js'
import { check, readList, readObject, readText } from '../../json/syntax/reader.js'
import { UsageError } from '../errors.js'
import { abbreviate, some, textOf, type ExplainedArtefact, type Fact, type Facts } from './facts.js'
import {
  explainParameters,
  isIssuerParameters,
  ofToken,
  readParameters,
  sets,
  verifyParameters,
} from './octet-forms.js'

const MESSAGES = {
  'sdk/base64': 'A value is not base64.',
  'sdk/file': 'The file has a type name in front of its JSON, and is cut off or has something behind it.',
  'sdk/type': 'The type name in front of the JSON is another than that of its members.',
  'sdk/group': 'The group is neither a recommended one by its object identifier nor a subgroup with its numbers.',
  'sdk/digest': 'A digest does not have the length of the hash in the Issuer parameters.',
  'sdk/count': 'Lists that belong together differ in length, or do not fit the Issuer parameters.',
} as const

/** An artefact of Microsoft's SDK was refused. */
export class SdkError extends /* @__PURE__ */ errorsWith(MESSAGES) {}

const NAMESPACE = 'UProveCrypto.'
const NOT_VERIFIED = 'no: that needs the Issuer parameters; name them with --parameters'
const NOT_SHOWN = 'in this file, not shown'

/** The parameters of an artefact, if they are known. */
type Known = IssuerParameters | undefined

/** What the SDK serialises: the name of its class, by which members it is recognised, and how it is explained. */
interface Form {
  readonly type: string
  readonly artefact: string
  readonly is: (document: JsonObject) => boolean
  readonly explain: (members: Members, known: Known, engine: Engine) => Facts
}

const FORMS: readonly Form[] = [
  {
    ...{ type: 'IssuerParameters', artefact: 'Issuer parameters' },
    is: ({ uidp, descGq }) => isGiven(uidp) && isGiven(descGq),
    explain: (members, _known, engine) => explainParameters(issuerParameters(members, engine)).facts,
  },
  {
    ...{ type: 'IssuerKeyAndParameters', artefact: 'private key and parameters of an Issuer' },
    is: ({ ip, key }) => isGiven(ip) && isGiven(key),
    explain: ofIssuerKey,
  },
  {
    ...{ type: 'FirstIssuanceMessage', artefact: 'first message of issuance' },
    is: ({ sz, sa }) => isGiven(sz) && isGiven(sa),
    explain: ofFirstMessage,
  },
  {
    ...{ type: 'SecondIssuanceMessage', artefact: 'second message of issuance' },
    is: ({ sc }) => isGiven(sc),
    explain: (members, known) => ofNumbers(members, 'sc', known),
  },
  {
    ...{ type: 'ThirdIssuanceMessage', artefact: 'third message of issuance' },
    is: ({ sr }) => isGiven(sr),
    explain: (members, known) => ofNumbers(members, 'sr', known),
  },
  {
    ...{ type: 'UProveToken', artefact: 'token' },
    is: ({ uidp, szp }) => isGiven(uidp) && isGiven(szp),
    explain: factsOfToken,
  },
  {
    ...{ type: 'UProveKeyAndToken', artefact: 'held token' },
    is: ({ token, key }) => isGiven(token) && isGiven(key) && typeof token === 'object',
    explain: ofHeldToken,
  },
  {
    ...{ type: 'PresentationProof', artefact: 'presentation proof' },
    is: ({ D, a, r }) => isGiven(D) && isGiven(a) && isGiven(r),
    explain: ofProof,
  },
  {
    ...{ type: 'PostFirstMessageState', artefact: 'state of an Issuer between its messages' },
    is: ({ W }) => isGiven(W),
    explain: (members, known) => {
      const { tokens } = ofNumbers(members, 'W', known)
      return { tokens, w: `${NOT_SHOWN}; with it and a third message, anybody computes the private key` }
    },
  },
  {
    ...{ type: 'PostSecondMessageState', artefact: 'state of a Prover between its messages' },
    is: ({ ai, b2 }) => isGiven(ai) && isGiven(b2),
    explain: ofProverState,
  },
]

/**
 * Explains what Microsoft's SDKs in C# and JavaScript serialise: their JSON, or a file in which `BinaryWriter` put a type name in
 * front of it. Undefined for other files. With Issuer parameters, elements, numbers and the signature of a token are verified.
 *
 * Throws `UProveError` (`sdk/...`, `json/...`, and those of the values).
 */
export function explainSdk(
  octets: Uint8Array,
  engine: Engine,
  parameters?: Uint8Array,
): ExplainedArtefact[] | undefined {
  const found = formOf(octets)
  if (found === undefined) return undefined
  const { form, members } = found
  const known = parameters === undefined ? undefined : anyParameters(parameters, engine)
  const facts = form.explain(members, known, engine)
  const others = some(members.others())
  return [{ artefact: `${form.artefact}, of an SDK`, facts: { ...facts, 'members that the SDK ignores': others } }]
}

/** Issuer parameters as the SDK serialises them, alone or with their key, or in the library's octets. Throws `UProveError`, `UsageError`. */
export function anyParameters(octets: Uint8Array, engine: Engine): IssuerParameters {
  const { form, members } = formOf(octets) ?? {}
  if (members !== undefined && form?.type === 'IssuerParameters') return issuerParameters(members, engine)
  if (members !== undefined && form?.type === 'IssuerKeyAndParameters') {
    return issuerParameters(members.object('ip'), engine)
  }
  if (members === undefined && isIssuerParameters(octets)) return readParameters(octets, engine)
  throw new UsageError('the file of --parameters has no Issuer parameters that fit the artefact')
}

function formOf(octets: Uint8Array): { readonly form: Form; readonly members: Members } | undefined {
  const file = readFile(octets)
  const json = file?.json ?? octets
  if (file === undefined && !/^\s*\{/.test(decodeText(json.subarray(0, 1_024)))) return undefined
  const document = readObject(parseJson(json), 'any')
  const form = FORMS.find(({ is }) => is(document))
  if (file !== undefined && form?.type !== file.type) throw new SdkError('sdk/type')
  return form && { form, members: new Members(document) }
}

/**
 * A file as the SDK's tests write it: one flag, in older versions two, then two strings, the name of a class and JSON. Undefined for other
 * files. Throws `SdkError` (`sdk/file`).
 */
function readFile(octets: Uint8Array): { readonly type: string; readonly json: Uint8Array } | undefined {
  const flags = [1, 2].find((count) => decodeText(octets.subarray(count + 1)).startsWith(NAMESPACE))
  if (flags === undefined || octets.subarray(0, flags).some((flag) => flag > 1)) return undefined
  const name = stringAt(octets, flags)
  const json = stringAt(octets, name.end)
  if (json.end !== octets.length) throw new SdkError('sdk/file')
  return { type: decodeText(name.octets).slice(NAMESPACE.length), json: json.octets }
}

/** A string of .NET's `BinaryWriter`: its length in groups of seven bits, the lowest first, then UTF-8. */
function stringAt(octets: Uint8Array, start: number): { readonly octets: Uint8Array; readonly end: number } {
  let [length, at] = [0, start]
  for (let shift = 0; ; shift += 7) {
    const group = octets[at++]
    if (group === undefined || shift > 21) throw new SdkError('sdk/file')
    length += (group & 0x7f) << shift
    if (group < 0x80) break
  }
  if (length > octets.length - at) throw new SdkError('sdk/file')
  return { octets: octets.subarray(at, at + length), end: at + length }
}

/** .NET writes null for what is absent, or leaves it out. */
const isGiven = (value: JsonValue | undefined): boolean => value !== undefined && value !== null

/** The members of an object, and which of them nobody asked for: the SDK ignores those. */
class Members {
  readonly #asked = new Set<string>()

  constructor(private readonly document: JsonObject) {}

  others(): string[] {
    return Object.keys(this.document).filter((name) => !this.#asked.has(name))
  }

  value(name: string): JsonValue | undefined {
    this.#asked.add(name)
    return this.document[name] ?? undefined
  }

  object(name: string): Members {
    return new Members(readObject(this.value(name), 'any'))
  }

  text(name: string): string {
    return readText(this.value(name))
  }

  octets(name: string): Uint8Array {
    return readBase64(this.value(name))
  }

  optional(name: string): Uint8Array | undefined {
    return isGiven(this.value(name)) ? this.octets(name) : undefined
  }

  list(name: string): Uint8Array[] {
    return readList(this.value(name), 65_535, readBase64)
  }
}

function readBase64(value: JsonValue | undefined): Uint8Array {
  const octets = decodeBase64(readText(value))
  if (octets === undefined) throw new SdkError('sdk/base64')
  return octets
}

function issuerParameters(members: Members, engine: Engine): IssuerParameters {
  const { group, recommended } = groupOf(members.object('descGq'), engine)
  const encodings = [...(members.optional('e') ?? [])]
  const [g0, ...others] = members.list('g').map((octets) => elementFromOctets(group, octets))
  const gd = members.optional('gd')
  // Generators of a recommended set are left out. Otherwise all of g_1 to g_n and g_t are there.
  const isShort = recommended !== undefined && others.length === 0
  const g = isShort ? recommended.generators.slice(0, encodings.length) : others.slice(0, -1)
  const gt = isShort ? recommended.gt : others.at(-1)
  if (g0 === undefined || gt === undefined || g.length !== encodings.length) throw new SdkError('sdk/count')
  return verifyParameters(group, {
    ...{ revision: 3, uid: members.octets('uidp'), hash: hashOf(members.text('uidh')), g0, g, gt, encodings },
    gd: gd === undefined ? recommended?.gd : elementFromOctets(group, gd),
    specification: members.optional('s') ?? new Uint8Array(),
  })
}

function groupOf(
  description: Members,
  engine: Engine,
): { readonly group: Group; readonly recommended: (typeof sets)[number] | undefined } {
  const type = description.text('type')
  if (type === 'sg') {
    const numbers = description.object('sgDesc')
    const [p, q, g] = (['p', 'q', 'g'] as const).map((name) => toBigint(numbers.octets(name)))
    if (p === undefined || q === undefined || g === undefined) throw new SdkError('sdk/group')
    return { group: engine.group({ p, q, g }, { allowLegacy: true }), recommended: undefined }
  }
  const name = type === 'named' ? description.text('name') : undefined
  const recommended = sets.find(({ oid }) => oid === name)
  if (recommended === undefined) throw new SdkError('sdk/group')
  return { group: engine.group(recommended, { allowLegacy: true }), recommended }
}

/** .NET's names of a hash: `SHA256`, `sha-256`, `System.Security.Cryptography.SHA256`. Others are left for the refusal. */
function hashOf(name: string): string {
  const [, size] = /^(?:System\.Security\.Cryptography\.)?SHA-?(1|256|384|512)$/i.exec(name) ?? []
  return size === undefined ? name : `SHA-${size}`
}

function ofIssuerKey(members: Members, _known: Known, engine: Engine): Facts {
  const ip = members.object('ip')
  const parameters = issuerParameters(ip, engine)
  withSecret(members.octets('key'), parameters.group, (key) => {
    Issuer.fromPrivateKey(parameters, key).dispose()
  })
  return {
    ...explainParameters(parameters).facts,
    'private key': `${NOT_SHOWN}; it belongs to g_0. Its holder can issue any token`,
    'members of ip that the SDK ignores': some(ip.others()),
  }
}

function ofFirstMessage(members: Members, known: Known): Facts {
  const [sigmaZ, sigmaA, sigmaB] = [members.octets('sz'), members.list('sa'), members.list('sb')]
  if (sigmaA.length !== sigmaB.length) throw new SdkError('sdk/count')
  checkElements(known, [sigmaZ, ...sigmaA, ...sigmaB])
  return {
    tokens: sigmaA.length,
    sigma_z: abbreviate(sigmaZ),
    verified: known === undefined ? NOT_VERIFIED : 'that all elements are in the group',
  }
}

function ofNumbers(members: Members, name: string, known: Known): Facts {
  const numbers = members.list(name)
  checkNumbers(known, numbers)
  return {
    tokens: numbers.length,
    verified: known === undefined ? NOT_VERIFIED : 'that all numbers are below q',
  }
}

/** A token; its elements and numbers have their full width if the Issuer parameters are known. */
function readToken(members: Members, known: Known): Token {
  const element = (name: string): Uint8Array => {
    const octets = members.octets(name)
    return known === undefined ? octets : elementFromOctets(known.group, octets)
  }
  const number = (name: string): Uint8Array => {
    const octets = members.octets(name)
    return known === undefined ? octets : scalarFromOctets(known.group, octets)
  }
  const isProtected = members.value('d') ?? false
  check(typeof isProtected === 'boolean', 'json/type')
  return {
    // Tokens of the JavaScript SDK have no UID_P.
    ...{
      uid: members.optional('uidp') ?? known?.uid ?? new Uint8Array(),
      h: element('h'),
      tokenInformation: members.optional('ti') ?? new Uint8Array(),
    },
    ...{ proverInformation: members.optional('pi') ?? null, sigmaZPrime: element('szp') },
    ...{ sigmaCPrime: number('scp'), sigmaRPrime: number('srp'), deviceProtected: isProtected },
  }
}

function factsOfToken(members: Members, known: Known): Facts {
  const token = readToken(members, known)
  if (known !== undefined) return ofToken(known, token)
  const { uid, tokenInformation, proverInformation, deviceProtected, h, sigmaZPrime } = token
  return {
    UID_P: textOf(uid),
    TI: textOf(tokenInformation),
    PI: proverInformation === null ? null : textOf(proverInformation),
    'with a Device': deviceProtected,
    h: abbreviate(h),
    "sigma_z'": abbreviate(sigmaZPrime),
    signature: 'not verified: name the Issuer parameters with --parameters',
  }
}

function ofHeldToken(members: Members, known: Known): Facts {
  const token = members.object('token')
  const facts = factsOfToken(token, known)
  withSecret(members.octets('key'), known?.group, () => undefined)
  const ignored = some(token.others())
  const secret = { 'private key': `${NOT_SHOWN}; with it, the token can be presented` }
  return { ...facts, ...secret, 'members of token that the SDK ignores': ignored }
}

function ofProof(members: Members, known: Known): Facts {
  const disclosed = readList(members.value('D'), 50, (value) => (value === null ? null : readBase64(value)))
  const [a, r] = [members.octets('a'), members.list('r')]
  const [aP, pS] = [members.optional('ap'), members.optional('Ps')]
  const [cTilde, aTilde, rTilde] = ['tc', 'ta', 'tr'].map((name) =>
    isGiven(members.value(name)) ? members.list(name) : [],
  ) as [Uint8Array[], Uint8Array[], Uint8Array[]]
  if (r.length === 0 || (aP === undefined) !== (pS === undefined)) throw new SdkError('sdk/count')
  if (cTilde.length !== aTilde.length || cTilde.length !== rTilde.length) throw new SdkError('sdk/count')
  const isProtected = known && r.length === known.n - disclosed.length + 2
  if (known !== undefined) {
    if (isProtected === false && r.length !== known.n - disclosed.length + 1) throw new SdkError('sdk/count')
    const { outputLen } = hashFunction(known.hash)
    const digests = [a, ...(aP === undefined ? [] : [aP]), ...aTilde]
    if (digests.some(({ length }) => length !== outputLen)) throw new SdkError('sdk/digest')
    checkElements(known, [...(pS === undefined ? [] : [pS]), ...cTilde])
    checkNumbers(known, [...r, ...rTilde])
  }
  return {
    'disclosed, without their indices': disclosed.map((value): Fact => (value === null ? null : textOf(value))),
    undisclosed: known === undefined ? undefined : known.n - disclosed.length,
    a: toHex(a),
    responses: r.length,
    'with a Device': isProtected,
    pseudonym: pS && { P_s: toHex(pS) },
    commitments: some(cTilde.map(toHex)),
    verified: 'no: that needs the token, the message and the indices, which are not in the file',
  }
}

function ofProverState(members: Members, known: Known): Facts {
  const lists = ['ai', 'b2', 'scp'].map((name) => members.list(name))
  const elements = ['h', 'szp', 'sap', 'sbp'].map((name) => members.list(name))
  const [first = []] = lists
  if ([...lists, ...elements].some(({ length }) => length !== first.length)) throw new SdkError('sdk/count')
  checkNumbers(known, lists.flat())
  checkElements(known, elements.flat())
  const [ti, pi] = [members.optional('ti'), members.optional('pi')]
  return {
    tokens: first.length,
    TI: ti === undefined ? null : textOf(ti),
    PI: pi === undefined ? null : textOf(pi),
    'with a Device': members.value('d') === true,
    'private keys': `${NOT_SHOWN}; with them, the tokens can be presented`,
  }
}

/** Throws `InvalidInputError` unless elements are in the group of known parameters. */
function checkElements(known: Known, elements: readonly Uint8Array[]): void {
  if (known !== undefined) for (const element of elements) elementFromOctets(known.group, element)
}

/** Throws `InvalidInputError` unless numbers are below q. */
function checkNumbers(known: Known, numbers: readonly Uint8Array[]): void {
  for (const number of numbers) withSecret(number, known?.group, () => undefined)
}

/** Uses a secret number, and wipes it. Throws `InvalidInputError` if it is not below q. */
function withSecret(octets: Uint8Array, group: Group | undefined, use: (secret: Uint8Array) => void): void {
  let secret: Uint8Array | undefined
  try {
    if (group !== undefined) use((secret = scalarFromOctets(group, octets)))
  } finally {
    wipe(octets)
    if (secret !== undefined) wipe(secret)
  }
}
