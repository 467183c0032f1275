// `node scripts/vectors/negative.mjs` writes vectors/negative/subgroups.json (`--check` compares it): changes of known answers
// of L2048N256 in both revisions, each of which must be refused at its step, with the reason. What is changed are runs of
// Microsoft's SDKs, so that nothing here computes a protocol.
import { readFileSync, writeFileSync } from 'node:fs'
import { L2048N256 } from 'uprove-wasm/params/L2048N256'

const root = new URL('../../', import.meta.url)
const target = new URL('vectors/negative/subgroups.json', root)

/** @typedef {(digits: string) => string} Form */
/** @typedef {[id: string, what: string, digits: string, flag: string]} Change */
/** @typedef {Record<string, string>} Codes */

/**
 * Vector files by the name of the base that they become, and which of their presentations is changed.
 * @type {Record<string, [file: string, presentation: number]>}
 */
const sources = {
  r1: ['vectors/r1/l2048-n5.json', 1],
  'r1-device': ['vectors/r1/l2048-n5-device.json', 1],
  r3: ['vectors/r3/SG_D2.json', 0],
  'r3-device': ['vectors/r3/SG_Device_D2.json', 0],
}

const { p, q, g } = L2048N256
const [elementLength, scalarLength] = [256, 32]

// ---- numbers

/** @type {(base: bigint, exponent: bigint) => bigint} */
function power(base, exponent) {
  let result = 1n
  for (const bit of exponent.toString(2)) {
    result = (result * result) % p
    if (bit === '1') result = (result * base) % p
  }
  return result
}

/** @type {(value: bigint) => bigint} */
const inverse = (value) => power(value, p - 2n)
/** @type {(value: bigint, length: number) => string} */
const hex = (value, length) => value.toString(16).padStart(2 * length, '0')
/** @type {(value: bigint) => string} */
const element = (value) => hex(value, elementLength)
/** @type {(value: bigint) => string} */
const scalar = (value) => hex(value, scalarLength)
/** @type {(digits: string) => bigint} */
const numberOf = (digits) => BigInt(`0x${digits}`)

/**
 * An element of this prime order. 13, 17, 23 and 29 divide (p - 1) / q of L2048N256.
 * @type {(order: bigint) => bigint}
 */
function elementOfOrder(order) {
  for (let base = 2n; ; base++) {
    const value = power(base, (p - 1n) / order)
    if (value !== 1n) return value
  }
}

// ---- what an element or a scalar is replaced by

/**
 * Replacements of an element of G_q: a name, a description, the digits, and the flag that says why it must be refused.
 * @type {(digits: string) => Change[]}
 */
function elementChanges(digits) {
  const value = numberOf(digits)
  return [
    ['empty', 'no octets', '', 'length'],
    ['short', 'one octet less', digits.slice(2), 'length'],
    ['long', 'a leading octet 00 more', `00${digits}`, 'length'],
    ['zero', '0', element(0n), 'range'],
    ['p', 'p, which is 0', element(p), 'range'],
    ['p-plus-1', 'p + 1, which is 1', element(p + 1n), 'range'],
    ['all-ones', 'all bits set', 'f'.repeat(2 * elementLength), 'range'],
    ['minus-1', 'p - 1, of order 2', element(p - 1n), 'membership'],
    ['negated', 'the right value times p - 1: equal up to its sign', element(p - value), 'membership'],
    ['two', '2, which is not in G_q', element(2n), 'membership'],
    ['order-13', 'an element of order 13', element(elementOfOrder(13n)), 'membership'],
    [
      'times-order-29',
      'the right value times an element of order 29',
      element((value * elementOfOrder(29n)) % p),
      'membership',
    ],
    ['one', 'the neutral element', element(1n), 'neutral'],
    ['inverse', 'the inverse of the right value', element(inverse(value)), 'wrong'],
    ['generator', 'g', element(g), 'wrong'],
  ]
}

/**
 * The same of a scalar.
 * @type {(digits: string) => Change[]}
 */
function scalarChanges(digits) {
  const value = numberOf(digits)
  return [
    ['empty', 'no octets', '', 'length'],
    ['short', 'one octet less', digits.slice(2), 'length'],
    ['long', 'a leading octet 00 more', `00${digits}`, 'length'],
    ['plus-q', 'the right value and q more, an octet longer', hex(value + q, scalarLength + 1), 'length'],
    ['q', 'q', scalar(q), 'range'],
    ['q-plus-1', 'q + 1', scalar(q + 1n), 'range'],
    ['all-ones', 'all bits set', 'f'.repeat(2 * scalarLength), 'range'],
    ['zero', '0', scalar(0n), 'wrong'],
    ['q-minus-1', 'q - 1', scalar(q - 1n), 'wrong'],
    ['plus-1', '1 more', scalar((value + 1n) % q), 'wrong'],
    ['negated', 'its negative', scalar(q - value), 'wrong'],
  ]
}

// ---- bases

/** @type {(digits: string, length: number) => string} */
const padded = (digits, length) => digits.padStart(2 * length, '0')

/**
 * A vector file in the form that the steps read.
 * @type {(source: [file: string, presentation: number]) => any}
 */
function baseOf([file, index]) {
  const vector = JSON.parse(readFileSync(new URL(file, root), 'utf8'))
  const {
    parameters,
    device,
    tokens: [token],
    presentations,
    revision,
  } = vector
  const presentation = presentations[index]
  /** @type {Form} */
  const e = (digits) => padded(digits, elementLength)
  /** @type {Form} */
  const s = (digits) => padded(digits, scalarLength)
  /** @type {(values: Record<string, string>) => Record<string, string>} */
  const scalars = (values) => Object.fromEntries(Object.entries(values).map(([i, value]) => [i, s(value)]))
  /** @type {number[]} */
  const disclosed = presentation.disclosed
  const committed = presentation.committed ?? []
  const opened = Object.entries(presentation.commitments ?? {})
  const statement = {
    D: disclosed,
    C: committed,
    p:
      presentation.pseudonym === undefined
        ? null
        : presentation.pseudonym.source === 'device'
          ? 'd'
          : presentation.pseudonym.source,
    s: presentation.pseudonym?.scope ?? null,
    m: presentation.message,
    md: presentation.deviceMessage ?? null,
  }
  return {
    _from: file,
    parameters: {
      group: 'L2048N256',
      revision,
      UIDp: parameters.uid,
      UIDh: parameters.hash,
      g0: e(parameters.g0),
      e: parameters.encodings,
      S: parameters.specification,
      z:
        revision === 1
          ? {
              z0: e(parameters.z0),
              z: parameters.z.map(e),
              zt: e(parameters.zt),
              ...(parameters.zd && { zd: e(parameters.zd) }),
            }
          : null,
    },
    issuer: { y0: s(parameters.y0), w: s(token.w) },
    issuance: {
      A: vector.attributes,
      TI: vector.tokenInformation,
      device: device !== undefined,
      hd: device === undefined ? null : e(device.hd),
      zetaD: device?.zetaD === undefined ? null : e(device.zetaD),
    },
    prover: { PI: vector.proverInformation, alpha: s(token.alpha), beta1: s(token.beta1), beta2: s(token.beta2) },
    messages: {
      sigmaZ: revision === 1 ? null : e(vector.sigmaZ),
      sigmaA: e(token.sigmaA),
      sigmaB: e(token.sigmaB),
      sigmaC: s(token.sigmaC),
      sigmaR: s(token.sigmaR),
    },
    token: {
      UIDp: parameters.uid,
      h: e(token.h),
      TI: vector.tokenInformation,
      PI: vector.proverInformation,
      sigmaZPrime: e(token.sigmaZPrime),
      sigmaCPrime: s(token.sigmaCPrime),
      sigmaRPrime: s(token.sigmaRPrime),
      device: device !== undefined,
    },
    presentation: {
      ...statement,
      A: Object.fromEntries(disclosed.map((i) => [i, vector.attributes[i - 1]])),
      a: presentation.a,
      ap: presentation.pseudonym === undefined ? null : presentation.pseudonym.aP,
      Ps: presentation.pseudonym === undefined ? null : e(presentation.pseudonym.pS),
      r0: s(presentation.r0),
      r: scalars(presentation.r),
      rd: presentation.rd === undefined ? null : s(presentation.rd),
      commitments: Object.fromEntries(
        opened.map(([i, { cTilde, aTilde, rTilde }]) => [i, { tildeC: e(cTilde), tildeA: aTilde, tildeR: s(rTilde) }]),
      ),
    },
  }
}

/** @type {Record<string, any>} */
const bases = Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, baseOf(source)]))

// ---- cases

/** @type {({ id: string } & Record<string, unknown>)[]} */
const cases = []

/**
 * Adds a case of a base. `values` are those set, `flag` says why it must be refused, `code` is what this package refuses with.
 * @type {(base: string, step: string, id: string, changed: string, flag: string, values: object, code: string) => void}
 */
function add(base, step, id, changed, flag, values, code) {
  cases.push({
    id: `${base}-${step}-${id}`,
    group: 'L2048N256',
    base,
    step,
    changed,
    flags: [flag],
    set: values,
    expected: 'refuse',
    code,
  })
}

/** @type {(base: string, path: string) => any} */
const at = (base, path) => path.split('.').reduce((node, key) => node[key], bases[base])

/**
 * A case for each change of a value. `codes` are by flag; changes whose flag has none are those that this step cannot tell.
 * @type {(base: string, step: string, path: string, changes: Change[], codes: Codes) => void}
 */
function addAll(base, step, path, changes, codes) {
  for (const [id, what, digits, flag] of changes) {
    const code = codes[flag]
    if (code === undefined) continue
    add(base, step, `${path.replaceAll('.', '-')}-${id}`, `${path}: ${what}`, flag, { [path]: digits }, code)
  }
}

/** @type {(base: string, step: string, path: string, codes: Codes) => void} */
const elements = (base, step, path, codes) => addAll(base, step, path, elementChanges(at(base, path)), codes)
/** @type {(base: string, step: string, path: string, codes: Codes) => void} */
const scalars = (base, step, path, codes) => addAll(base, step, path, scalarChanges(at(base, path)), codes)

const outOfRange = { length: 'scalar/length', range: 'scalar/range' }
/** @type {(code: string) => Codes} */
const always = (code) => ({ length: code, range: code, membership: code, neutral: code })

for (const [base, tree] of Object.entries(bases)) {
  const { device } = tree.issuance
  const revision1 = tree.parameters.revision === 1

  // Issuer parameters, as a Prover or Verifier receives them.
  const notInSubgroup = always('parameters/not-in-subgroup')
  elements(base, 'parameters', 'parameters.g0', notInSubgroup)
  if (revision1) {
    for (const name of ['z0', 'z.0', 'zt', ...(device ? ['zd'] : [])])
      elements(base, 'parameters', `parameters.z.${name}`, notInSubgroup)
  }
  scalars(base, 'issuer-key', 'issuer.y0', { ...outOfRange, wrong: 'issuer/key-mismatch' })

  // The Device's part.
  if (device) elements(base, 'issuer-first-message', 'issuance.hd', always('device/public-key'))
  if (device && revision1) {
    elements(base, 'prover-second-message', 'issuance.zetaD', always('device/zeta-d'))
    elements(base, 'prover-token', 'issuance.zetaD', { wrong: 'issuance/signature' })
  }

  // The messages.
  if (!revision1) {
    elements(base, 'prover-second-message', 'messages.sigmaZ', always('issuance/sigma-z'))
    elements(base, 'prover-token', 'messages.sigmaZ', { wrong: 'issuance/signature' })
  }
  for (const path of ['messages.sigmaA', 'messages.sigmaB']) {
    elements(base, 'prover-second-message', path, { length: 'element/length', range: 'element/range' })
    elements(base, 'prover-token', path, {
      membership: 'issuance/signature',
      neutral: 'issuance/signature',
      wrong: 'issuance/signature',
    })
  }
  scalars(base, 'issuer-third-message', 'messages.sigmaC', outOfRange)
  scalars(base, 'prover-token', 'messages.sigmaR', { ...outOfRange, wrong: 'issuance/signature' })

  // The token.
  for (const name of ['h', 'sigmaZPrime']) {
    const outside = name === 'h' ? 'token/h-not-in-subgroup' : 'token/sigma-z-prime-not-in-subgroup'
    elements(base, 'verify-token', `token.${name}`, {
      length: 'element/length',
      range: outside,
      membership: outside,
      neutral: outside,
      wrong: 'token/signature',
    })
  }
  for (const path of ['token.sigmaCPrime', 'token.sigmaRPrime']) {
    scalars(base, 'verify-token', path, {
      length: 'scalar/length',
      range: 'token/scalar-range',
      wrong: 'token/signature',
    })
  }

  // The presentation.
  const ofScalars = { length: 'scalar/length', range: 'presentation/scalar-range', wrong: 'presentation/proof' }
  for (const name of ['r0', 'r.1', 'r.4', ...(device ? ['rd'] : [])])
    scalars(base, 'verify-presentation', `presentation.${name}`, ofScalars)
  if (!revision1) {
    const ofElements = { ...always('presentation/proof'), length: 'element/length', wrong: 'presentation/proof' }
    elements(base, 'verify-presentation', 'presentation.Ps', {
      ...ofElements,
      neutral: 'presentation/pseudonym-is-one',
    })
    elements(base, 'verify-presentation', 'presentation.commitments.1.tildeC', ofElements)
    scalars(base, 'verify-presentation', 'presentation.commitments.1.tildeR', ofScalars)
  }
  addStructural(base, tree)
}

/**
 * What is swapped, missing, repeated, foreign, or of another run.
 * @type {(base: string, tree: any) => void}
 */
function addStructural(base, tree) {
  const { parameters, issuance, messages, token, presentation } = tree
  const { device } = issuance
  const revision1 = parameters.revision === 1
  const otherRevision = base.startsWith('r1') ? base.replace('r1', 'r3') : base.replace('r3', 'r1')
  const other = bases[otherRevision]
  const twin = bases[device ? base.replace('-device', '') : `${base}-device`]
  /** @type {Form} */
  const withOctet = (digits) => `${digits}00`

  /** @type {(id: string, changed: string, flag: string, values: object, code: string) => void} */
  const verifyToken = (id, changed, flag, values, code) => add(base, 'verify-token', id, changed, flag, values, code)
  verifyToken(
    'swapped-elements',
    'h and sigmaZPrime swapped',
    'swapped',
    { 'token.h': token.sigmaZPrime, 'token.sigmaZPrime': token.h },
    'token/signature',
  )
  verifyToken(
    'swapped-scalars',
    'sigmaCPrime and sigmaRPrime swapped',
    'swapped',
    { 'token.sigmaCPrime': token.sigmaRPrime, 'token.sigmaRPrime': token.sigmaCPrime },
    'token/signature',
  )
  verifyToken(
    'uid',
    'UID_P with one octet more',
    'foreign',
    { 'token.UIDp': withOctet(token.UIDp) },
    'token/issuer-parameters',
  )
  verifyToken('uid-empty', 'UID_P empty', 'foreign', { 'token.UIDp': '' }, 'token/issuer-parameters')
  verifyToken('pi', 'PI with one octet more', 'wrong', { 'token.PI': withOctet(token.PI) }, 'token/signature')
  verifyToken('pi-empty', 'PI empty', 'wrong', { 'token.PI': '' }, 'token/signature')
  if (!device)
    verifyToken(
      'device-flag',
      'a token with a Device under Issuer parameters without one',
      'device',
      { 'token.device': true },
      'token/device',
    )
  verifyToken('hash', 'Issuer parameters with SHA-512', 'foreign', { 'parameters.UIDh': 'SHA-512' }, 'token/signature')
  verifyToken('h-foreign', 'h of another token', 'foreign', { 'token.h': twin.token.h }, 'token/signature')
  verifyToken(
    'signature-foreign',
    'the signature of another token',
    'foreign',
    {
      'token.sigmaZPrime': twin.token.sigmaZPrime,
      'token.sigmaCPrime': twin.token.sigmaCPrime,
      'token.sigmaRPrime': twin.token.sigmaRPrime,
    },
    'token/signature',
  )
  verifyToken(
    'issuer',
    "Issuer parameters with another Issuer's g_0",
    'foreign',
    { 'parameters.g0': other.parameters.g0 },
    'token/signature',
  )

  /** @type {(step: string, id: string, changed: string, flag: string, values: object, code: string) => void} */
  const issue = (step, id, changed, flag, values, code) => add(base, step, id, changed, flag, values, code)
  issue(
    'prover-token',
    'swapped-ab',
    'sigmaA and sigmaB swapped',
    'swapped',
    { 'messages.sigmaA': messages.sigmaB, 'messages.sigmaB': messages.sigmaA },
    'issuance/signature',
  )
  issue(
    'prover-token',
    'foreign-a',
    'sigmaA of another run',
    'foreign',
    { 'messages.sigmaA': twin.messages.sigmaA },
    'issuance/signature',
  )
  issue(
    'prover-token',
    'foreign-r',
    'sigmaR of another run',
    'foreign',
    { 'messages.sigmaR': twin.messages.sigmaR },
    'issuance/signature',
  )
  issue(
    'prover-token',
    'ti',
    'another TI than the Issuer signed',
    'wrong',
    { 'issuance.TI': withOctet(issuance.TI) },
    'issuance/signature',
  )
  issue(
    'prover-token',
    'attribute',
    'another A_1 than the Issuer signed',
    'wrong',
    { 'issuance.A.0': '626f62' },
    'issuance/signature',
  )
  issue(
    'prover-token',
    'encoding',
    'another e_1 than the Issuer has',
    'foreign',
    { 'parameters.e.0': 1 - parameters.e[0] },
    'issuance/signature',
  )
  const [less, more] = [issuance.A.slice(0, 4), [...issuance.A, '00']]
  issue(
    'prover-second-message',
    'attribute-missing',
    'an attribute less',
    'structure',
    { 'issuance.A': less },
    'attribute/count',
  )
  issue(
    'prover-second-message',
    'attribute-more',
    'an attribute more',
    'structure',
    { 'issuance.A': more },
    'attribute/count',
  )
  issue(
    'issuer-first-message',
    'attribute-missing',
    'an attribute less',
    'structure',
    { 'issuance.A': less },
    'attribute/count',
  )
  issue(
    'issuer-first-message',
    'integer-as-long-as-q',
    'an integer attribute of 32 octets, all bits set',
    'range',
    { [`issuance.A.${parameters.e.indexOf(0)}`]: 'ff'.repeat(32) },
    'scalar/range',
  )
  for (const e of [2, -1, 255])
    issue('parameters', `encoding-${e}`, `e_1 = ${e}`, 'structure', { 'parameters.e.0': e }, 'parameters/encoding')
  issue(
    'parameters',
    'hash-unknown',
    'an unknown hash algorithm',
    'structure',
    { 'parameters.UIDh': 'SHA-257' },
    'hash/unknown',
  )
  if (revision1) {
    issue('parameters', 'z-missing', 'no z values', 'structure', { 'parameters.z': null }, 'parameters/z-values')
    issue(
      'parameters',
      'z-short',
      'one z_i less',
      'structure',
      { 'parameters.z.z': parameters.z.z.slice(0, 4) },
      'parameters/z-values',
    )
    issue(
      'parameters',
      'z-long',
      'one z_i more',
      'structure',
      { 'parameters.z.z': [...parameters.z.z, parameters.z.zt] },
      'parameters/z-values',
    )
    issue(
      'verify-presentation',
      'as-revision-3',
      'the presentation under Revision 3',
      'foreign',
      { 'parameters.revision': 3, 'parameters.z': null },
      'presentation/proof',
    )
  } else {
    issue(
      'verify-presentation',
      'as-revision-1',
      'the presentation under Revision 1',
      'foreign',
      { 'parameters.revision': 1, 'parameters.z': other.parameters.z },
      'presentation/extensions',
    )
    issue(
      'parameters',
      'z-present',
      'z values of Revision 1',
      'structure',
      { 'parameters.z': other.parameters.z },
      'parameters/z-values',
    )
  }
  if (device) {
    issue('issuer-first-message', 'device-missing', 'no Device', 'device', { 'issuance.hd': '' }, 'device/public-key')
    if (revision1)
      issue(
        'prover-token',
        'zetad-foreign',
        'zeta_d equal to h_d',
        'wrong',
        { 'issuance.zetaD': issuance.hd },
        'issuance/signature',
      )
    issue(
      'verify-presentation',
      'device-flag',
      'the token said to have no Device',
      'device',
      { 'token.device': false },
      'presentation/device',
    )
  }

  /** @type {(id: string, changed: string, flag: string, values: object, code: string) => void} */
  const present = (id, changed, flag, values, code) => {
    add(
      base,
      'verify-presentation',
      id,
      changed,
      flag,
      Object.fromEntries(Object.entries(values).map(([key, value]) => [`presentation.${key}`, value])),
      code,
    )
  }
  const { D, A, a, r, m } = presentation
  const [d1, d2] = D
  const byte = a.slice(0, 2)
  present(
    'a',
    'a with another first octet',
    'wrong',
    { a: `${byte === '00' ? '01' : '00'}${a.slice(2)}` },
    'presentation/proof',
  )
  present('a-empty', 'a empty', 'length', { a: '' }, 'presentation/shape')
  present('a-short', 'a with an octet less', 'length', { a: a.slice(2) }, 'presentation/shape')
  present('a-long', 'a with an octet more', 'length', { a: `${a}00` }, 'presentation/shape')
  present(
    'message',
    'm with one octet more: a replay for another message',
    'replay',
    { m: withOctet(m) },
    'presentation/proof',
  )
  present('message-empty', 'm empty', 'replay', { m: '' }, 'presentation/proof')
  present('attribute', `A_${d1} with one octet more`, 'wrong', { [`A.${d1}`]: withOctet(A[d1]) }, 'presentation/proof')
  present('attribute-empty', `A_${d1} empty`, 'wrong', { [`A.${d1}`]: '' }, 'presentation/proof')
  present(
    'attribute-null',
    `A_${d1} absent`,
    'wrong',
    { [`A.${d1}`]: null },
    parameters.e[d1 - 1] === 0 ? 'presentation/attribute' : 'presentation/proof',
  )
  present(
    'attributes-swapped',
    `A_${d1} and A_${d2} swapped`,
    'swapped',
    { [`A.${d1}`]: A[d2], [`A.${d2}`]: A[d1] },
    'presentation/proof',
  )
  present('responses-swapped', 'r_1 and r_4 swapped', 'swapped', { 'r.1': r[4], 'r.4': r[1] }, 'presentation/proof')
  present('responses-equal', 'r_4 the same as r_1', 'swapped', { 'r.4': r[1] }, 'presentation/proof')
  present('r0-foreign', 'r_0 of another run', 'foreign', { r0: twin.presentation.r0 }, 'presentation/proof')
  present('response-missing', 'no r_1', 'structure', { r: { 3: r[3], 4: r[4] } }, 'layout/lists')
  present('response-more', `an r_${d1} beside A_${d1}`, 'structure', { [`r.${d1}`]: r[1] }, 'layout/lists')
  present('disclosed-less', `A_${d2} not counted in D`, 'structure', { D: [d1] }, 'layout/lists')
  present('disclosed-twice', `A_${d1} twice in D`, 'structure', { D: [d1, d1, d2] }, 'layout/lists')
  present('disclosed-descending', 'D descending', 'structure', { D: [d2, d1] }, 'presentation/indices')
  present('disclosed-0', 'index 0 in D', 'structure', { D: [0, d1, d2], A: { 0: '00', ...A } }, 'presentation/indices')
  present(
    'disclosed-6',
    'index n + 1 in D',
    'structure',
    { D: [d1, d2, 6], A: { ...A, 6: '00' } },
    'presentation/indices',
  )
  present(
    'disclosed-hidden',
    'A_1 put into D with an octet, without r_1',
    'wrong',
    { D: [1, d1, d2], A: { 1: '00', ...A }, r: { 3: r[3], 4: r[4] } },
    revision1 ? 'presentation/proof' : 'presentation/shape',
  )
  if (device) {
    present('rd-missing', 'no r_d', 'device', { rd: null }, revision1 ? 'presentation/device' : 'presentation/shape')
    present(
      'rd-r0',
      'r_0 and r_d swapped',
      'swapped',
      { r0: presentation.rd, rd: presentation.r0 },
      'presentation/proof',
    )
    present(
      'device-message',
      'm_d with one octet more',
      'replay',
      { md: withOctet(presentation.md ?? '') },
      'presentation/proof',
    )
  } else {
    present('rd-unasked', 'an r_d without a Device', 'device', { rd: presentation.r0 }, 'presentation/device')
  }
  if (!revision1) {
    const { Ps, ap, s, p: source, commitments } = presentation
    present('pseudonym-scope', 'the pseudonym for another scope', 'replay', { s: withOctet(s) }, 'presentation/proof')
    present(
      'pseudonym-missing',
      'no pseudonym where one is asked',
      'structure',
      { Ps: null, ap: null },
      'presentation/pseudonym-missing',
    )
    present('pseudonym-unasked', 'a pseudonym where none is asked', 'structure', { p: null }, 'layout/lists')
    present(
      'pseudonym-source',
      'the pseudonym of another attribute',
      'foreign',
      { p: source === 3 ? 4 : 3 },
      'presentation/proof',
    )
    present('pseudonym-disclosed', 'the pseudonym of a disclosed attribute', 'foreign', { p: d1 }, 'presentation/shape')
    present(
      'pseudonym-foreign',
      'the pseudonym of another run',
      'foreign',
      { Ps: twin.presentation.Ps },
      'presentation/proof',
    )
    present(
      'ap',
      'a_P with another first octet',
      'wrong',
      { ap: `${ap.startsWith('00') ? '01' : '00'}${ap.slice(2)}` },
      'presentation/proof',
    )
    const [commitment] = Object.values(commitments)
    present(
      'commitment-missing',
      'no commitment where one is asked',
      'structure',
      { C: [], commitments: {} },
      'presentation/proof',
    )
    present(
      'commitment-other',
      'the commitment counted for x_3',
      'foreign',
      { C: [3], commitments: { 3: commitment } },
      'presentation/proof',
    )
    present(
      'commitment-disclosed',
      'a commitment to a disclosed attribute',
      'structure',
      { C: [d1], commitments: { [d1]: commitment } },
      'presentation/shape',
    )
    present('commitment-twice', 'the commitment twice', 'structure', { C: [1, 1] }, 'layout/lists')
    present(
      'commitment-foreign',
      'the commitment of another run',
      'foreign',
      { 'commitments.1.tildeC': twin.presentation.commitments[1].tildeC },
      'presentation/proof',
    )
    present(
      'commitment-response-r1',
      'r~_1 and r_1 swapped',
      'swapped',
      { 'commitments.1.tildeR': r[1], 'r.1': commitment.tildeR },
      'presentation/proof',
    )
    present(
      'commitment-a',
      'a~_1 with another first octet',
      'wrong',
      { 'commitments.1.tildeA': `${commitment.tildeA.startsWith('00') ? '01' : '00'}${commitment.tildeA.slice(2)}` },
      'presentation/proof',
    )
    present(
      'swapped-elements',
      'P_s and c~_1 swapped',
      'swapped',
      { Ps: commitment.tildeC, 'commitments.1.tildeC': Ps },
      'presentation/proof',
    )
  }
}

const steps = [
  'parameters',
  'issuer-key',
  'issuer-first-message',
  'prover-second-message',
  'issuer-third-message',
  'prover-token',
  'verify-token',
  'verify-presentation',
]
const controls = Object.keys(bases).flatMap((base) =>
  steps.map((step) => ({ group: 'L2048N256', base, step, expected: 'accept' })),
)

const text = `${JSON.stringify({ bases: { L2048N256: bases }, controls, cases }, null, 1)}\n`
if (new Set(cases.map(({ id }) => id)).size !== cases.length) throw new Error('two cases have the same id')
if (!process.argv.includes('--check')) writeFileSync(target, text)
else if (readFileSync(target, 'utf8') !== text)
  throw new Error('vectors/negative/subgroups.json is not what this script writes')
