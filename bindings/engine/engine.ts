import type { RandomSource } from '../octets/random.js'
import type { Lifetime } from './lifetime.js'

declare const elementBrand: unique symbol
declare const scalarBrand: unique symbol

/**
 * An element of G_q: big-endian, exactly `elementLength` octets. The type carries the proof that range and membership
 * were checked where the octets entered (`group.element()`), or that the value was computed from such elements.
 */
export type Element = Uint8Array & { readonly [elementBrand]: true }

/**
 * A scalar of Z_q: big-endian, exactly `scalarLength` octets, less than q. Their maker wipes secret ones.
 */
export type Scalar = Uint8Array & { readonly [scalarBrand]: true }

export type BackendName = 'wasm' | 'bigint'
export type KernelName = 'relaxed-fma' | 'simd' | 'scalar'

/** An address. Relative to the page or the worker, if there is one. */
export type KernelAddress = URL | string

/** A kernel of this version (`uprove-wasm/wasm/*.wasm`): its address, its octets, or the module compiled from them. */
export type KernelSource = KernelAddress | ArrayBuffer | ArrayBufferView<ArrayBuffer> | WebAssembly.Module

/**
 * Kernels one by one: those of subgroups by their name, those of a curve with the curve's name before it, such as
 * `'P-256/simd'`. Missing kernels are not used.
 */
export type KernelSources = { readonly [path in KernelName | `${string}/${KernelName}`]?: KernelSource }

/** @internal A kernel of this version as a file. */
export interface KernelFile {
  /** Its path in `uprove-wasm/wasm/`, without `.wasm`. */
  readonly path: string
  /** Its SHA-256 digest in hexadecimal. */
  readonly digest: string
}

/** @internal Compiles a kernel from the source in the option `wasm`; undefined if it is missing there. */
export type LoadKernelFile = (file: KernelFile) => Promise<WebAssembly.Module> | undefined

export interface EngineOptions {
  /** `'auto'` (the default): WebAssembly if it works here, else bigint. */
  backend?: BackendName | 'auto'
  /** `'auto'` (the default): the fastest kernel that passes its self-test here. Naming one that fails throws. */
  kernel?: KernelName | 'auto'
  /**
   * Node 20 has relaxed SIMD behind a flag that is process-wide; the engine sets it before it compiles. `false` forbids
   * that.
   */
  allowProcessFlags?: boolean
  /**
   * The source of the kernels, if not the package's JavaScript: the address of a folder that holds `relaxed-fma.wasm`,
   * `simd.wasm` and `scalar.wasm`, or each by itself. Only the kernel in use is fetched. Octets are compared with a digest; a
   * module is not checked.
   */
  wasm?: KernelAddress | KernelSources
  /**
   * Curves whose kernels are compiled ahead, for browsers that refuse to compile large modules synchronously on the main
   * thread.
   */
  curves?: readonly CurveDescription[]
}

/** Octets to digest. */
export type Digest = (octets: Uint8Array) => Uint8Array

/** The numbers of a subgroup of order q of Z_p*, as `uprove-wasm/params` exports them or as a caller makes them. */
export interface SubgroupDescription {
  readonly p: bigint
  readonly q: bigint
  readonly g: bigint
  readonly name?: string
  readonly oid?: string
}

/** The numbers of a curve y^2 = x^3 - 3 x + b over the field of p elements, of prime order q, with a generator (x, y). */
export interface CurveNumbers {
  readonly name: string
  readonly oid?: string
  readonly p: bigint
  readonly b: bigint
  readonly q: bigint
  readonly g: { readonly x: bigint; readonly y: bigint }
}

/** A curve as `uprove-wasm/params/P256` and its like export it: its numbers with its arithmetic. */
export interface CurveDescription extends CurveNumbers {
  /** @internal Comes with the curve, so that a bundle which names no curve carries none of it. */
  readonly arithmetic: CurveArithmetic
}

/** @internal Makes a curve work on each backend. */
export interface CurveArithmetic {
  /** The octets of a kernel. */
  binary(kernel: KernelName): Uint8Array<ArrayBuffer>
  /** The curve on BigInt. */
  onBigint(engine: Engine, curve: CurveDescription, parent: Lifetime): Curve
  /** The curve on the first of some kernels that passes its self-test. Throws `EngineError` (`engine/kernel-...`). */
  onWasm(engine: Engine, curve: CurveDescription, parent: Lifetime, kernels: readonly KernelName[]): Curve
  /**
   * Compiles the first available kernel of a list ahead of `onWasm`, and returns its name.
   * @param load for a curve that carries no kernels
   */
  prepare(kernels: readonly KernelName[], load?: LoadKernelFile): Promise<KernelName>
}

/** A group to bind: a subgroup, or a curve. */
export type GroupDescription = SubgroupDescription | CurveDescription

export interface SubgroupOptions {
  /** Accept p from 1024 and q from 160 bits (L1024N160, the published SHA-1 vectors). Never for new deployments. */
  allowLegacy?: boolean
}

export interface FixedBaseOptions {
  /** How many exponentiations the table is likely to serve; it decides how much is worth precomputing. */
  expectedUses?: number
  /** Upper bound on the table, in bytes. Default 1 MiB, 2 MiB for public exponents. */
  maxTableBytes?: number
  /**
   * Which exponents the table is shaped for; it serves both. Constant-time use scans whole blocks of the table, so it
   * wants smaller ones. Default `'secret'`.
   */
  exponents?: 'secret' | 'public'
  /**
   * How many bases the products of its powers have on the average: in a subgroup they share their squarings, so that smaller
   * tables do. Default 1.
   */
  basesPerProduct?: number
}

/** Precomputed powers of one base. Made by `group.fixedBase()`; freed by `dispose()`, or with its group. */
export interface FixedBase {
  readonly base: Element
  /** The size of the table, in bytes. */
  readonly tableBytes: number
  /** base^e, constant time in e. */
  exponentiate(e: Scalar): Element
  /** base^e for each e, constant time in all of them. */
  exponentiateMany(es: readonly Scalar[]): Element[]
  /** base^e for a public e. */
  exponentiateVartime(e: Scalar): Element
  /**
   * The table as octets, for `group.importFixedBase()` of the same backend, kernel and group: a browser may cache it.
   */
  export(): Uint8Array
  dispose(): void
}

/** A base of a simultaneous exponentiation: an element, or its table. */
export type Base = Element | FixedBase

/** What products of powers of some bases are said to be. */
export interface ClaimedProducts {
  readonly values: readonly Element[]
  readonly bases: readonly Base[]
}

/** A factor of a product of powers: a base and its exponent. */
export type Factor<B = Base> = readonly [base: B, exponent: Scalar]

/**
 * Arithmetic modulo q on secret scalars, constant time on the `wasm` backend. Results are new arrays; arguments are
 * kept.
 */
export interface ScalarField {
  /** Octets of a scalar. */
  readonly length: number
  readonly zero: Scalar
  readonly one: Scalar
  add(a: Scalar, b: Scalar): Scalar
  subtract(a: Scalar, b: Scalar): Scalar
  negate(a: Scalar): Scalar
  multiply(a: Scalar, b: Scalar): Scalar
  /** a b + c mod q: the shape of every response. */
  multiplyAdd(a: Scalar, b: Scalar, c: Scalar): Scalar
  /** a^-1 mod q. Throws `InvalidInputError` (`scalar/zero`) for 0. */
  invert(a: Scalar): Scalar
  /** The octets as an unsigned big-endian integer, modulo q; up to 128 octets (a digest, wide randomness). */
  reduce(octets: Uint8Array): Scalar
  /** Uniform in [1, q-1] by rejection: exactly `length` octets are drawn an attempt, surplus top bits masked away. */
  random(source?: RandomSource): Scalar
  /** Checks length and range. Throws `InvalidInputError` (`scalar/length`, `scalar/range`). */
  from(octets: Uint8Array): Scalar
}

/**
 * A group of prime order q, bound to an engine: a subgroup of Z_p*, or a curve. The operation is written as multiplication
 * in both. Everything takes and returns fixed-width big-endian octets. Functions called `...Vartime` are for public data
 * only; all others that take exponents are constant time in them (where `engine.constantTime` is true).
 */
export interface Group {
  readonly engine: Engine
  readonly q: bigint
  readonly name: string | undefined
  readonly oid: string | undefined
  /** The group's description, for another engine's `group()`. */
  readonly description: GroupDescription
  /** True for a group that needs `allowLegacy`: a subgroup below 2048/224 bits. */
  readonly legacy: boolean
  readonly elementLength: number
  readonly scalarLength: number
  readonly scalars: ScalarField
  /** The generator g. */
  readonly generator: Element
  /** 1 in a subgroup; on a curve infinity, as zeros. Products accept and return it; everything else refuses it. */
  readonly identity: Element
  /** The revisions of the UPCS that are defined over this construction. */
  readonly revisions: readonly number[]
  /** The size of a table's entry, in bytes. */
  readonly entryBytes: number
  /** desc(Gq), the hashed description of the group: integers as numbers, octets as octet strings. */
  readonly hashedDescription: readonly (bigint | Uint8Array)[]

  /** Whether this group has that description. */
  matches(description: GroupDescription): boolean
  /**
   * Checks a received element. In a subgroup 0 < x < p and x^q = 1 (1 itself passes); on a curve the uncompressed form,
   * x, y < p and the equation. Throws `InvalidInputError` (`element/length`, `element/range`, `element/not-in-subgroup`;
   * `element/encoding`, `element/not-on-curve`).
   */
  element(octets: Uint8Array): Element
  /**
   * The cheap checks only: on a curve all of `element()`, in a subgroup the range. For values whose membership is ensured in
   * another way; each use says how. Throws like `element()`.
   */
  operand(octets: Uint8Array): Element
  /** In the group and not the identity; false for anything malformed. */
  isMember(x: Uint8Array): boolean
  /** `isMember` for each, one by one: never by a random combination, which elements of small order can pass. */
  areMembers(xs: readonly Uint8Array[]): boolean[]
  /**
   * Membership of public values, and products of their powers with those of other bases: in a product the number i stands for
   * xs[i]. Undefined if one is not a member in the sense of `isMember`. In a subgroup the powers of a value share their
   * squarings with its membership; on a curve bases share their doublings, and all products one inversion.
   * Throws `InvalidInputError` (`base/index`).
   */
  memberProductsVartime(
    xs: readonly Uint8Array[],
    products: readonly (readonly Factor<Base | number>[])[],
  ): Element[] | undefined
  /**
   * Whether values[i] = prod bases[j]^exponents[i][j] for every i of every claim. Wrong claims pass with probability 2^-64 at most.
   * In a subgroup values in range need no other test of membership: they are compared one by one, or, if they are many, in random
   * subsets, through which elements of small order do not slip, as they do through random combinations. On a curve all are compared
   * in one random combination.
   */
  areProductsVartime(claims: readonly ClaimedProducts[], exponents: readonly (readonly Scalar[])[]): boolean

  /** Whether an element may be sent and hashed. Infinity may not: it has no encoding of an element's width. */
  hasEncoding(x: Uint8Array): boolean
  /**
   * An element as it is hashed and as specifications send it: in a subgroup the minimal integer, on a curve the uncompressed
   * point (SEC1, section 2.3.3). Throws `InvalidInputError` (`element/length`, `element/identity`).
   */
  encode(x: Uint8Array): Uint8Array
  /** Reads what `encode()` writes, in a subgroup with leading zeros too. Throws like `element()`. */
  decode(octets: Uint8Array): Element
  /**
   * g_s, the base of the pseudonyms in a scope, with an unknown discrete logarithm. `hash` is the Issuer's and is used on
   * curves; in a subgroup the size of q decides. In bounded time; variable time in the scope, which is public. Throws
   * `InvalidGroupError` (`group/generator-derivation`), which does not happen in practice.
   */
  scopeElement(scope: Uint8Array, hash: Digest): Element

  multiply(a: Element, b: Element): Element
  /** as[i] bs[i], on a curve with one inversion for all. */
  multiplyMany(as: readonly Element[], bs: readonly Element[]): Element[]
  /** a^-1. Variable time in a subgroup. */
  invert(a: Element): Element

  /** base^e, constant time in e. */
  exponentiate(base: Element, e: Scalar): Element
  /** bases[i]^es[i], constant time in the exponents; one call into the core. */
  exponentiateMany(bases: readonly Element[], es: readonly Scalar[]): Element[]
  /** prod bases[i]^es[i], constant time in the exponents. */
  multiExponentiate(bases: readonly Base[], es: readonly Scalar[]): Element
  /** prod bases[j]^exponents[i][j] for each i, constant time in the exponents; on a curve with one inversion for all. */
  multiExponentiateMany(bases: readonly Base[], exponents: readonly (readonly Scalar[])[]): Element[]
  /** prod bases[i]^es[i] for public exponents. */
  multiExponentiateVartime(bases: readonly Base[], es: readonly Scalar[]): Element
  /** A table of a base, of the size that pays for `expectedUses`. Handles of one base share a table if it fits. */
  fixedBase(base: Element, options?: FixedBaseOptions): FixedBase
  /**
   * A table of a received value; undefined if it is not a member in the sense of `isMember`. In a subgroup the table serves its own
   * test. The value is public.
   */
  fixedBaseOfMember(x: Uint8Array, options?: FixedBaseOptions): FixedBase | undefined
  /**
   * The table from an image that `FixedBase.export()` made. The image is as trustworthy as the place where it was kept: its
   * checksum detects damage, not malice. Throws `InvalidInputError` (`table/malformed`, `table/other-owner`,
   * `table/checksum`).
   */
  importFixedBase(image: Uint8Array): FixedBase

  /** Frees the group's tables and wipes its working memory. The group is unusable afterwards. */
  dispose(): void
}

/** A subgroup of prime order q of Z_p*. Elements are integers modulo p. */
export interface Subgroup extends Group {
  readonly construction: 'subgroup'
  readonly p: bigint
  readonly g: bigint
}

/** An elliptic curve of prime order q. Elements are uncompressed points, 04 || x || y. */
export interface Curve extends Group {
  readonly construction: 'curve'
  readonly name: string
  readonly p: bigint
  readonly b: bigint
}

/** A backend that passed its self-test. Made by `createEngine()`. */
export interface Engine {
  readonly backend: BackendName
  /** The kernel in use; undefined on the bigint backend. */
  readonly kernel: KernelName | undefined
  /** False on bigint, whose operations take time that depends on their operands. */
  readonly constantTime: boolean
  /**
   * Binds a group. Recommended ones are recognised by their numbers; any other is validated first (p and q prime with
   * an error below 2^-100, q | p-1, g of order q). Throws `InvalidGroupError`.
   */
  subgroup(description: SubgroupDescription, options?: SubgroupOptions): Subgroup
  /**
   * Binds a curve of the package, such as `P256` of `uprove-wasm/params/P256`. Compiles its kernel now, unless
   * `createEngine({ curves })` did; tests it, and takes the next slower one if it computes wrongly.
   * Throws `EngineError` (`engine/kernel-...`), `InvalidGroupError` (`group/not-curve`).
   */
  curve(description: CurveDescription): Curve
  /** `subgroup()` or `curve()`, depending on the description. */
  group(description: GroupDescription, options?: SubgroupOptions): Group
  /** base^exponent modulo any odd modulus above 1, for public numbers only. The core serves moduli of up to 4096 bits. */
  powerVartime(base: bigint, exponent: bigint, modulus: bigint): bigint
  /** Wipes and frees everything. */
  dispose(): void
}
