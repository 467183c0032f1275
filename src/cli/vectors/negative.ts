import { lastOf } from '../../../bindings/octets/lists.js'
import type { Engine, Group, Scalar } from '../../../bindings/engine/engine.js'
import { UProveError } from '../../../bindings/errors.js'
import { isZero } from '../../../bindings/octets/integers.js'
import { curveByName, L1024N160, L2048N256, L3072N256 } from '../../params/index.js'
import type { RecommendedParameters } from '../../params/recommended.js'
import { SoftwareDevice } from '../../uprove/device/device.js'
import { Issuer } from '../../uprove/issuance/issuer.js'
import { Prover } from '../../uprove/issuance/prover.js'
import { IssuerParameters } from '../../uprove/parameters/parameters.js'
import type { Revision } from '../../uprove/parameters/revision.js'
import { presentToken } from '../../uprove/presentation/presentation.js'
import type { PresentationProof, PseudonymSource } from '../../uprove/presentation/proof.js'
import { verifyPresentation } from '../../uprove/presentation/verification.js'
import type { Refusal } from '../../uprove/token/refusal.js'
import { verifyToken, type IssuedToken, type Token } from '../../uprove/token/token.js'
import { UsageError } from '../errors.js'
import { octetsOfHex, playback } from './forms.js'
import { allowLegacy } from './parameters.js'
import type { VectorReport } from './sheet.js'

// Cases may be changed in any way: everything is read unchecked, so that the code under test must refuse it.

/** A run in wire form, or a part of one. */
interface Tree {
  readonly [key: string]: unknown
}

/** A change of a valid run, and what the step must do with it. */
interface Case {
  readonly id?: string
  /** The name of the recommended group, under which the runs stand: a curve, or a subgroup. */
  readonly curve?: string
  readonly group?: string
  readonly base: string
  readonly step: string
  readonly changed?: string
  readonly set?: Readonly<Record<string, unknown>>
  readonly remove?: readonly string[]
  readonly expected: string
  /** The code of the refusal, where the file says it. */
  readonly code?: string
}

/** A file of changed runs, as `vectors/ec/negative.json` and `vectors/negative/subgroups.json` are. */
export interface NegativeDocument {
  readonly bases: Readonly<Record<string, Readonly<Record<string, Tree>>>>
  readonly cases: readonly Case[]
  readonly controls: readonly Case[]
}

/** The name of the layout. */
export const negativeLayout = 'negative'

// All tested values are public.
const allowVariableTime = true

/** Whether a JSON document is a file of changed runs. */
export function isNegativeDocument(document: unknown): document is NegativeDocument {
  const parts = document as Partial<NegativeDocument> | null
  return typeof parts?.bases === 'object' && Array.isArray(parts.cases) && Array.isArray(parts.controls)
}

/**
 * Runs every case and control of a file: each case must be refused at its step, each control accepted. The first that is
 * not is the difference. Throws `UsageError` for a base or step that there is not.
 */
export function checkNegative(engine: Engine, { bases, cases, controls }: NegativeDocument): VectorReport {
  const all = [...controls, ...cases]
  const groups = new Map<string, Group>()
  const groupOf = (set: RecommendedParameters): Group => {
    const group = groups.get(set.name) ?? engine.group(set, { allowLegacy })
    groups.set(set.name, group)
    return group
  }
  try {
    for (const [i, single] of all.entries()) {
      const { id = `controls[${i}]`, changed = 'nothing' } = single
      const base = bases[single.group ?? single.curve ?? '']?.[single.base]
      const step = steps.get(single.step)
      if (base === undefined || step === undefined) throw new UsageError(`${id} names an unknown base or step`)
      const { outcome, code } = outcomeOf(() => step(new Run(changedTree(base, single), single, groupOf)))
      const expected = withCode(single.expected, single.code)
      const computed = withCode(outcome, single.code && code)
      if (computed === expected) continue
      return { values: all.length, notChecked: 0, difference: { key: `${id}: ${changed}`, expected, computed } }
    }
    return { values: all.length, notChecked: 0, difference: undefined }
  } finally {
    for (const group of groups.values()) group.dispose()
  }
}

/** What a step did, and the code if it refused. */
function outcomeOf(step: () => Verdict): { outcome: string; code?: string } {
  try {
    const verdict = step()
    return verdict.valid ? { outcome: 'accept' } : { outcome: 'refuse', code: verdict.code }
  } catch (error) {
    if (error instanceof UProveError) return { outcome: 'refuse', code: error.code }
    throw error
  }
}

function withCode(outcome: string, code: string | undefined): string {
  return code === undefined ? outcome : `${outcome} (${code})`
}

/** A copy of a run with the changes of a case. */
function changedTree(base: Tree, { set = {}, remove = [] }: Case): Tree {
  const tree = structuredClone(base)
  const at = (path: string): [Record<string, unknown>, string] => {
    const keys = path.split('.')
    const last = lastOf(keys)
    let node = tree as Record<string, unknown>
    for (const key of keys.slice(0, -1)) node = node[key] as Record<string, unknown>
    return [node, last]
  }
  for (const [path, value] of Object.entries(set)) {
    const [node, key] = at(path)
    node[key] = value
  }
  for (const path of remove) {
    const [node, key] = at(path)
    node[key] = undefined
  }
  return tree
}

/** Octets of hexadecimal digits; anything else is left as it is. */
function octets(value: unknown): Uint8Array {
  return (typeof value === 'string' ? octetsOfHex(value) : value) as Uint8Array
}

/** Octets that may be absent. */
function optional(value: unknown): Uint8Array | undefined {
  return hasValue(value) ? octets(value) : undefined
}

function hasValue(value: unknown): boolean {
  return value !== null && value !== undefined
}

const scalar = octets as (value: unknown) => Scalar

function attributesOf(values: unknown): (Uint8Array | null)[] {
  return Array.isArray(values) ? values.map(octets) : (values as never)
}

/** What a step says of a run. */
type Verdict = { readonly valid: true } | Refusal | { readonly valid: false; readonly code: typeof malformed }

const accepted: Verdict = { valid: true }

/** Lists that contradict each other, which no reader of a presentation lets through to the Verifier. */
const malformed = 'layout/lists'

const sets: readonly RecommendedParameters[] = [L1024N160, L2048N256, L3072N256]

/** One run: the parties with the values of a tree. */
class Run {
  readonly set: RecommendedParameters
  readonly group: Group
  readonly parameters: IssuerParameters
  readonly #device: boolean

  constructor(
    private readonly tree: Tree,
    private readonly single: Case,
    groupOf: (set: RecommendedParameters) => Group,
  ) {
    const { curve, group, revision = 3, UIDp, UIDh, g0, e, S, z } = this.part('parameters')
    this.set = sets.find(({ name }) => name === group) ?? curveByName(String(curve))
    this.group = groupOf(this.set)
    this.#device = this.part('issuance')['device'] === true
    const encodings = e as number[]
    const { generators, gt, gd } = this.set
    const values = {
      ...{ revision: revision as Revision, uid: octets(UIDp), hash: String(UIDh), specification: octets(S), encodings },
      ...{ g0: octets(g0), g: generators.slice(0, encodings.length), gt, gd: this.#device ? gd : undefined },
      z: hasValue(z) ? zValues(z as Tree) : undefined,
    }
    this.parameters = IssuerParameters.verify(this.group, values, { recommended: this.set, allowLegacy })
  }

  part(name: string): Tree {
    return this.tree[name] as Tree
  }

  issuer(): Issuer {
    return Issuer.fromPrivateKey(this.parameters, octets(this.part('issuer')['y0']), { allowVariableTime })
  }

  /** An Issuer that begins, and answers if there is something to answer. */
  issue(answer: boolean): Verdict {
    const { A, TI, hd } = this.part('issuance')
    const session = this.issuer().begin({
      attributes: attributesOf(A),
      tokenInformation: octets(TI),
      devicePublicKey: this.#device ? octets(hd) : optional(hd),
      knownAnswer: playback([scalar(this.part('issuer')['w'])]),
    })
    if (answer) session.respond({ sigmaC: [octets(this.part('messages')['sigmaC'])] })
    return accepted
  }

  /** A Prover that answers the first message, and makes a token from the third if told so. */
  obtain(finish: boolean): Verdict {
    const { A, TI, hd, zetaD } = this.part('issuance')
    const { PI, alpha, beta1, beta2 } = this.part('prover')
    // A Prover never draws 0. For beta_1 and beta_2 0 would do, and any other value does.
    const orOne = (value: Scalar): Scalar => (isZero(value) ? this.group.scalars.one : value)
    const prover = Prover.begin(this.parameters, {
      attributes: attributesOf(A),
      tokenInformation: octets(TI),
      proverInformation: octets(PI),
      device: this.#device || hasValue(hd) ? { hd: octets(hd), zetaD: optional(zetaD) } : undefined,
      knownAnswer: playback([scalar(alpha), orOne(scalar(beta1)), orOne(scalar(beta2))]),
      allowVariableTime,
    })
    const { sigmaZ, sigmaA, sigmaB, sigmaR } = this.part('messages')
    try {
      prover.respond({ sigmaZ: optional(sigmaZ), sigmaA: [octets(sigmaA)], sigmaB: [octets(sigmaB)] })
      if (!finish) return accepted
      const [{ token }] = prover.finish({ sigmaR: [octets(sigmaR)] }) as [IssuedToken]
      return verifyToken(this.parameters, token)
    } finally {
      prover.dispose()
    }
  }

  token(): Token {
    const { UIDp, h, TI, PI, sigmaZPrime, sigmaCPrime, sigmaRPrime, device } = this.part('token')
    return {
      ...{ uid: octets(UIDp), tokenInformation: octets(TI), proverInformation: octets(PI) },
      ...{ h: octets(h), sigmaZPrime: octets(sigmaZPrime) },
      ...{ sigmaCPrime: octets(sigmaCPrime), sigmaRPrime: octets(sigmaRPrime), deviceProtected: device === true },
    }
  }

  /** A Prover that presents its token to a Verifier. */
  present(): Verdict {
    const proving = this.part('proving')
    const { A, D, C, m, md, w0, w, wd, wdPrime, xd, alphaInverse, tildeO, tildeW } = proving
    const opened = (C as number[]).flatMap((i) => [(tildeO as Tree)[i], (tildeW as Tree)[i]])
    const draws = [w0, ...Object.values(w as Tree), ...(hasValue(wd) ? [wd] : []), ...opened]
    const { hash } = this.parameters
    const { gd } = this.set
    const deviceOptions = { hash, knownAnswer: playback([scalar(wdPrime)]), allowLegacy, allowVariableTime }
    const { proof } = presentToken(
      this.parameters,
      { token: this.token(), privateKey: scalar(alphaInverse) },
      {
        attributes: attributesOf(A),
        disclosed: D as number[],
        committed: C as number[],
        pseudonym: pseudonymOf(proving),
        message: octets(m),
        deviceMessage: octets(md),
        knownAnswer: playback(draws.map(scalar)),
        device: this.#device ? SoftwareDevice.fromPrivateKey(this.group, gd, octets(xd), deviceOptions) : undefined,
        allowVariableTime,
      },
    )
    return this.#verify(proof, proving)
  }

  /** A Verifier that is given the presentation of the run. */
  verifyPresentation(): Verdict {
    const presentation = this.part('presentation')
    const { D, C, A, a, ap, Ps, r0, r, rd, commitments } = presentation
    const disclosed = D as number[]
    const responses = r as Tree
    // The layout has several lists for one list of a proof, or for one that is left out there.
    const undisclosed = this.parameters.encodings.map((_, i) => i + 1).filter((i) => !disclosed.includes(i))
    const agree =
      sameKeys(A as Tree, disclosed) && sameKeys(responses, undisclosed) && sameKeys(commitments as Tree, C as number[])
    if (!agree) return { valid: false, code: malformed }
    const { source } = pseudonymOf(presentation) ?? {}
    const hasPseudonym = hasValue(Ps) || hasValue(ap)
    if (hasPseudonym && source === undefined) return { valid: false, code: malformed }
    const pseudonym = source && hasPseudonym ? { source, aP: octets(ap), pS: octets(Ps) } : undefined
    const proof: PresentationProof = {
      disclosed: disclosed.map((index) => ({ index, attribute: octets((A as Tree)[index]) })),
      a: octets(a),
      r0: octets(r0),
      r: undisclosed.map((index) => octets(responses[index])),
      rd: optional(rd),
      pseudonym,
      commitments: (C as number[]).map((index) => {
        const { tildeC, tildeA, tildeR } = (commitments as Tree)[index] as Tree
        return { index, cTilde: octets(tildeC), aTilde: octets(tildeA), rTilde: octets(tildeR) }
      }),
    }
    return this.#verify(proof, presentation)
  }

  #verify(proof: PresentationProof, statement: Tree): Verdict {
    const { m, md } = statement
    // A Verifier is strict about zeros only where a case makes it so.
    const strict = this.single.set?.['zeroEncoding'] as 'octet' | 'empty' | undefined
    return verifyPresentation(this.parameters, this.token(), proof, {
      message: octets(m),
      deviceMessage: octets(md),
      pseudonym: pseudonymOf(statement),
      zeroEncoding: strict,
    })
  }
}

function pseudonymOf({ p, s }: Tree): { scope: Uint8Array; source: PseudonymSource } | undefined {
  if (!hasValue(p)) return undefined
  return { scope: octets(s), source: p === 'd' ? 'device' : (p as number) }
}

/** Whether the keys of an object are these indices, in any order but each once. */
function sameKeys(tree: Tree | undefined, indices: readonly number[]): boolean {
  return Object.keys(tree ?? {}).join() === [...indices].sort((a, b) => a - b).join()
}

/** The z values of Revision 1. */
function zValues({ z0, z, zt, zd }: Tree): { z0: Uint8Array; z: Uint8Array[]; zt: Uint8Array; zd?: Uint8Array } {
  return { z0: octets(z0), z: (z as unknown[]).map(octets), zt: octets(zt), zd: optional(zd) }
}

const steps = new Map<string, (run: Run) => Verdict>([
  ['parameters', () => accepted],
  ['issuer-key', (run) => (run.issuer(), accepted)],
  ['issuer-first-message', (run) => run.issue(false)],
  ['issuer-third-message', (run) => run.issue(true)],
  ['prover-second-message', (run) => run.obtain(false)],
  ['prover-token', (run) => run.obtain(true)],
  ['verify-token', (run) => verifyToken(run.parameters, run.token())],
  ['verify-presentation', (run) => run.verifyPresentation()],
  ['prover-presentation', (run) => run.present()],
])
