import type { Revision } from '../../uprove/parameters/revision.js'

/** A format of vector files, and its translation into the paths of this project's own layout. */
export interface Layout {
  readonly name: string
  readonly contents: 'protocol' | 'digests' | 'generators' | 'dsa'
  readonly recognises: (document: Readonly<Record<string, unknown>>) => boolean
  /**
   * Keys of the file, and the paths that they are translated into; null for remarks. `#` stands for an index, which
   * `#-1` counts from 0 instead of 1, and `*` for any text.
   */
  readonly keys: Readonly<Record<string, string | null>>
  /** Keys that are ignored. */
  readonly ignored?: RegExp
  /** The revision, if the file does not name one. */
  readonly revision?: Revision
  /** Whether octet strings are written with all their digits. Default true. */
  readonly allDigits?: boolean
  /** Whether every token under Issuer parameters with g_d is Device-protected, as the Java SDK has it. Default false. */
  readonly deviceByGenerator?: boolean
}

/** Keys that are their own paths. */
function same(...keys: string[]): Record<string, string> {
  return Object.fromEntries(keys.map((key) => [key, key]))
}

/** Keys below a key, given in one string, that are their own paths. */
function below(prefix: string, keys: string): Record<string, string> {
  return same(...keys.split(' ').map((key) => `${prefix}.${key}`))
}

const remarks = { source: null, description: null }

const ownProtocol: Layout = {
  name: 'uprove-wasm/protocol-1',
  contents: 'protocol',
  recognises: ({ layout }) => layout === ownProtocol.name,
  keys: {
    ...remarks,
    ...same('layout', 'zeroEncoding', 'revision'),
    ...below('group', 'name p q g'),
    ...below('parameters', 'uid hash encodings[#] specification'),
    ...below('parameters', 'y0 y[#] yt yd g0 g[#] gt gd z0 z[#] zt zd digest'),
    ...below('device', 'xd hd zetaD'),
    ...same('attributes[#]', 'x[#]', 'tokenInformation', 'xt', 'proverInformation', 'gamma', 'sigmaZ'),
    ...below('tokens[#]', 'w sigmaA sigmaB alpha beta1 beta2 privateKey h sigmaZPrime tA tB'),
    ...below('tokens[#]', 'sigmaAPrime sigmaBPrime sigmaCPrime sigmaC sigmaR sigmaRPrime identifier'),
    ...below('presentations[#]', 'token disclosed committed message deviceMessage'),
    ...below('presentations[#]', 'w0 w.# wd wdPrime ad product a disclosureDigest challengeDigest c r0 r.# rdPrime rd'),
    ...below('presentations[#].pseudonym', 'source scope gs aPPrime pS aP'),
    ...below('presentations[#].commitments.#', 'opening wTilde cTilde aTilde rTilde'),
  },
}

const ownDigests: Layout = {
  name: 'uprove-wasm/digests-1',
  contents: 'digests',
  recognises: ({ layout }) => layout === ownDigests.name,
  keys: { ...remarks, layout: 'layout', hash: 'parameters.hash', 'digests.*': 'digests.*' },
}

const ownGenerators: Layout = {
  name: 'uprove-wasm/generators-1',
  contents: 'generators',
  recognises: ({ layout }) => layout === ownGenerators.name,
  keys: { ...remarks, ...same('layout', 'group.name', 'hash', 'seed', 'generators.*') },
}

const ownDsa: Layout = {
  name: 'uprove-wasm/dsa-1',
  contents: 'dsa',
  recognises: ({ layout }) => layout === ownDsa.name,
  keys: {
    ...remarks,
    ...same('layout', 'x', 'y'),
    ...below('group', 'p q g'),
    ...below('signatures[#]', 'hash message k r s'),
  },
}

/** Digests of single values, with the keys of the SDKs' flat files. */
const flatDigests = {
  hash_byte: 'digests.byte 0x01',
  hash_octetstring: 'digests.octets 0x0102030405',
  hash_null: 'digests.null',
  hash_list: 'digests.list [0x01, 0x0102030405, null]',
  'hash_byte (*)': 'digests.byte *',
  'hash_octetstring (*)': 'digests.octets *',
  // Misspelt in the publication.
  'hash_octectstring (*)': 'digests.octets *',
  'hash_null (null)': 'digests.null',
  'hash_list [*]': 'digests.list [*]',
  'hash_group (*)': 'digests.group *',
}

/** The keys that the flat files of both revisions share. */
const flat = {
  zeroEncoding: 'zeroEncoding',
  UIDp: 'parameters.uid',
  UIDh: 'parameters.hash',
  'e#': 'parameters.encodings[#-1]',
  S: 'parameters.specification',
  y0: 'parameters.y0',
  g0: 'parameters.g0',
  P: 'parameters.digest',
  xd: 'device.xd',
  hd: 'device.hd',
  'A#': 'attributes[#-1]',
  'x#': 'x[#-1]',
  TI: 'tokenInformation',
  xt: 'xt',
  PI: 'proverInformation',
  gamma: 'gamma',
  w: 'tokens[0].w',
  alpha: 'tokens[0].alpha',
  beta1: 'tokens[0].beta1',
  beta2: 'tokens[0].beta2',
  alphaInverse: 'tokens[0].privateKey',
  h: 'tokens[0].h',
  UIDt: 'tokens[0].identifier',
  D: 'presentations[0].disclosed',
  U: 'presentations[0].undisclosed',
  m: 'presentations[0].message',
  md: 'presentations[0].deviceMessage',
  w0: 'presentations[0].w0',
  'w#': 'presentations[0].w.#',
  wd: 'presentations[0].wd',
  wdPrime: 'presentations[0].wdPrime',
  ad: 'presentations[0].ad',
  a: 'presentations[0].a',
  c: 'presentations[0].c',
  r0: 'presentations[0].r0',
  'r#': 'presentations[0].r.#',
  rdPrime: 'presentations[0].rdPrime',
  rd: 'presentations[0].rd',
}

/** Microsoft's Revision 3 vectors: the published ones, the JavaScript SDK's, and those of the C# SDK. */
const flatRevision3: Layout = {
  name: 'r3',
  contents: 'protocol',
  recognises: (document) => 'GroupName' in document,
  revision: 3,
  allDigits: false,
  // Identity escrow, revocation and set membership: extensions.
  ignored: /^(?:ie|vr|r|sm)_/,
  keys: {
    ...flat,
    GroupName: 'group.name',
    sigmaZ: 'sigmaZ',
    sigmaA: 'tokens[0].sigmaA',
    sigmaB: 'tokens[0].sigmaB',
    sigmaZPrime: 'tokens[0].sigmaZPrime',
    sigmaAPrime: 'tokens[0].sigmaAPrime',
    sigmaBPrime: 'tokens[0].sigmaBPrime',
    sigmaCPrime: 'tokens[0].sigmaCPrime',
    sigmaC: 'tokens[0].sigmaC',
    sigmaR: 'tokens[0].sigmaR',
    sigmaRPrime: 'tokens[0].sigmaRPrime',
    C: 'presentations[0].committed',
    p: 'presentations[0].pseudonym.source',
    s: 'presentations[0].pseudonym.scope',
    gs: 'presentations[0].pseudonym.gs',
    apPrime: 'presentations[0].pseudonym.aPPrime',
    Ps: 'presentations[0].pseudonym.pS',
    ap: 'presentations[0].pseudonym.aP',
    'tildeO#': 'presentations[0].commitments.#.opening',
    'tildeW#': 'presentations[0].commitments.#.wTilde',
    'tildeC#': 'presentations[0].commitments.#.cTilde',
    'tildeA#': 'presentations[0].commitments.#.aTilde',
    'tildeR#': 'presentations[0].commitments.#.rTilde',
    cp: 'presentations[0].challengeDigest',
  },
}

/** The vectors in the Java SDK's own tests. */
const flatRevision1: Layout = {
  name: 'r1/sdk',
  contents: 'protocol',
  recognises: (document) => 'p' in document && 'q' in document && 'g' in document,
  revision: 1,
  allDigits: false,
  deviceByGenerator: true,
  keys: {
    ...flat,
    ...flatDigests,
    p: 'group.p',
    q: 'group.q',
    g: 'group.g',
    'y#': 'parameters.y[#-1]',
    yt: 'parameters.yt',
    yd: 'parameters.yd',
    'g#': 'parameters.g[#-1]',
    gt: 'parameters.gt',
    gd: 'parameters.gd',
    z0: 'parameters.z0',
    'z#': 'parameters.z[#-1]',
    zt: 'parameters.zt',
    zd: 'parameters.zd',
    zeta_d: 'device.zetaD',
    sigma_z: 'sigmaZ',
    sigma_a: 'tokens[0].sigmaA',
    sigma_b: 'tokens[0].sigmaB',
    sigma_z_prime: 'tokens[0].sigmaZPrime',
    sigma_a_prime: 'tokens[0].sigmaAPrime',
    sigma_b_prime: 'tokens[0].sigmaBPrime',
    sigma_c_prime: 'tokens[0].sigmaCPrime',
    sigma_c: 'tokens[0].sigmaC',
    sigma_r: 'tokens[0].sigmaR',
    sigma_r_prime: 'tokens[0].sigmaRPrime',
    F: 'presentations[0].disclosureDigest',
    mdPrime: 'presentations[0].challengeDigest',
  },
}

/** Vectors made with the Java SDK: Issuer parameters, one batch of tokens, any number of presentations. */
const nestedRevision1: Layout = {
  name: 'r1/public',
  contents: 'protocol',
  recognises: (document) => 'issuerParameters' in document,
  revision: 1,
  deviceByGenerator: true,
  keys: {
    ...remarks,
    name: null,
    seed: null,
    zeroEncoding: 'zeroEncoding',
    revision: 'revision',
    ...below('group', 'name oid p q g'),
    'issuerParameters.UIDp': 'parameters.uid',
    'issuerParameters.UIDh': 'parameters.hash',
    'issuerParameters.n': 'parameters.n',
    'issuerParameters.e[#]': 'parameters.encodings[#]',
    'issuerParameters.S': 'parameters.specification',
    'issuerParameters.deviceSupported': 'parameters.deviceSupported',
    'issuerParameters.y0': 'parameters.y0',
    'issuerParameters.g0': 'parameters.g0',
    'issuerParameters.g_i[#]': 'parameters.g[#]',
    'issuerParameters.g_t': 'parameters.gt',
    'issuerParameters.g_d': 'parameters.gd',
    'issuerParameters.z0': 'parameters.z0',
    'issuerParameters.z_i[#]': 'parameters.z[#]',
    'issuerParameters.z_t': 'parameters.zt',
    'issuerParameters.z_d': 'parameters.zd',
    'issuerParameters.P': 'parameters.digest',
    'issuerParameters.P_hash_input': 'parameters.digestInput',
    'device.x_d': 'device.xd',
    'device.h_d': 'device.hd',
    'device.zeta_d': 'device.zetaD',
    'attributes.A[#]': 'attributes[#]',
    'attributes.TI': 'tokenInformation',
    'attributes.PI': 'proverInformation',
    'attributes.x_i[#]': 'x[#]',
    'attributes.x_t': 'xt',
    'attributes.x_t_hash_input': 'xtInput',
    gamma: 'gamma',
    sigma_z: 'sigmaZ',
    'tokens[#].w': 'tokens[#].w',
    'tokens[#].sigma_a': 'tokens[#].sigmaA',
    'tokens[#].sigma_b': 'tokens[#].sigmaB',
    'tokens[#].alpha': 'tokens[#].alpha',
    'tokens[#].beta1': 'tokens[#].beta1',
    'tokens[#].beta2': 'tokens[#].beta2',
    'tokens[#].alpha_inverse': 'tokens[#].privateKey',
    'tokens[#].h': 'tokens[#].h',
    'tokens[#].sigma_z_prime': 'tokens[#].sigmaZPrime',
    'tokens[#].t_a': 'tokens[#].tA',
    'tokens[#].t_b': 'tokens[#].tB',
    'tokens[#].sigma_a_prime': 'tokens[#].sigmaAPrime',
    'tokens[#].sigma_b_prime': 'tokens[#].sigmaBPrime',
    'tokens[#].sigma_c_prime': 'tokens[#].sigmaCPrime',
    'tokens[#].sigma_c_prime_hash_input': 'tokens[#].sigmaCPrimeInput',
    'tokens[#].sigma_c': 'tokens[#].sigmaC',
    'tokens[#].sigma_r': 'tokens[#].sigmaR',
    'tokens[#].sigma_r_prime': 'tokens[#].sigmaRPrime',
    'tokens[#].UID_T': 'tokens[#].identifier',
    'tokens[#].UID_T_hash_input': 'tokens[#].identifierInput',
    'presentations[#].token': 'presentations[#].token',
    'presentations[#].D': 'presentations[#].disclosed',
    'presentations[#].U': 'presentations[#].undisclosed',
    'presentations[#].m': 'presentations[#].message',
    'presentations[#].m_d': 'presentations[#].deviceMessage',
    'presentations[#].w_0': 'presentations[#].w0',
    'presentations[#].w_i.#': 'presentations[#].w.#',
    'presentations[#].w_d': 'presentations[#].wd',
    'presentations[#].w_d_prime': 'presentations[#].wdPrime',
    'presentations[#].a_d': 'presentations[#].ad',
    'presentations[#].a_preimage': 'presentations[#].product',
    'presentations[#].a': 'presentations[#].a',
    'presentations[#].F': 'presentations[#].disclosureDigest',
    'presentations[#].F_hash_input': 'presentations[#].disclosureDigestInput',
    'presentations[#].m_d_prime': 'presentations[#].challengeDigest',
    'presentations[#].m_d_prime_hash_input': 'presentations[#].challengeDigestInput',
    'presentations[#].c': 'presentations[#].c',
    'presentations[#].c_hash_input': 'presentations[#].cInput',
    'presentations[#].r_0': 'presentations[#].r0',
    'presentations[#].r_i.#': 'presentations[#].r.#',
    'presentations[#].r_d_prime': 'presentations[#].rdPrime',
    'presentations[#].r_d': 'presentations[#].rd',
    'presentations[#].disclosedAttributes[#]': 'presentations[#].disclosedAttributes[#]',
    'presentations[#].discloses_zero_element': 'presentations[#].disclosesZero',
  },
}

/** Recommended parameters as the SDKs have them in text. */
const recommendedText: Layout = {
  name: 'recommended',
  contents: 'generators',
  recognises: (document) => 'OID' in document,
  allDigits: false,
  keys: {
    OID: 'group.name',
    ...Object.fromEntries(['p', 'q', 'a', 'b'].map((key) => [key, `group.${key}`])),
    n: 'group.q',
    h: 'group.cofactor',
    domainParamSeed: 'seed',
    g: 'generators.g',
    'g#': 'generators.g#',
    gt: 'generators.gt',
    gd: 'generators.gd',
  },
}

/** The SDKs' digests of single values. */
const flatDigestsOnly: Layout = {
  name: 'hashing',
  contents: 'digests',
  recognises: (document) => Object.keys(document).some((key) => key.startsWith('hash_')),
  allDigits: false,
  keys: { UIDh: 'parameters.hash', ...flatDigests },
}

/** In the order in which they are tried. */
export const layouts: readonly Layout[] = [
  ownProtocol,
  ownDigests,
  ownGenerators,
  ownDsa,
  recommendedText,
  nestedRevision1,
  flatRevision3,
  flatRevision1,
  flatDigestsOnly,
]
