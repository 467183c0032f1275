import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'
import { InvalidInputError } from '../../../bindings/errors.js'

/** The cost of a hash: 2^logN rounds over blocks of 128 r octets, p times. RFC 7914 */
interface Cost {
  readonly logN: number
  readonly r: number
  readonly p: number
}

/** 32 MiB and 0.1 to 0.2 s: one of the settings of the OWASP Password Storage Cheat Sheet. */
const COST: Cost = { logN: 15, r: 8, p: 3 }
const SALT_OCTETS = 16
const HASH_OCTETS = 32
/** Octets; longer passwords would cost too much to hash. */
const MAX_PASSWORD = 1_024
/** Hashes at once: each takes one of Node's four threads, and its memory. */
const AT_ONCE = 2

/** `$scrypt$ln=15,r=8,p=3$salt$hash`, in base64 without padding, as other implementations write it. */
const FORM = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{16,86})\$([A-Za-z0-9+/]{43})$/

/**
 * The scrypt hash of a password, as a string with its parameters. Throws `InvalidInputError` (`password/length`).
 *
 * @example
 * ```ts
 * import { hashPassword, verifyPassword } from 'uprove-wasm/server'
 *
 * const hash = await hashPassword('correct horse')
 * console.log(await verifyPassword('correct horse', hash), await verifyPassword('wrong horse', hash)) // true false
 * ```
 */
export async function hashPassword(password: string): Promise<string> {
  if (password.length === 0 || Buffer.byteLength(password) > MAX_PASSWORD) {
    throw new InvalidInputError('password/length', `a password must have 1 to ${String(MAX_PASSWORD)} octets`)
  }
  const salt = randomBytes(SALT_OCTETS)
  const hash = await derive(password, salt, COST)
  const base64 = (octets: Buffer): string => octets.toString('base64').replace(/=+$/, '')
  return `$scrypt$ln=${String(COST.logN)},r=${String(COST.r)},p=${String(COST.p)}$${base64(salt)}$${base64(hash)}`
}

/**
 * Whether a password matches a hash. Without a hash (there is no such account) false, after as much time. Throws
 * `InvalidInputError` (`password/hash`) for a hash of another form.
 */
export async function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  const known = hash === undefined ? undefined : parse(hash)
  if (hash !== undefined && known === undefined) {
    throw new InvalidInputError('password/hash', 'the text is not a password hash of `uprove password`')
  }
  if (Buffer.byteLength(password) > MAX_PASSWORD) return false
  const { cost, salt, expected } = known ?? { cost: COST, salt: Buffer.alloc(SALT_OCTETS), expected: undefined }
  const derived = await derive(password, salt, cost)
  return expected !== undefined && timingSafeEqual(derived, expected)
}

/** Whether a text has the form of `hashPassword`. */
export function isPasswordHash(text: string): boolean {
  return parse(text) !== undefined
}

function parse(hash: string): { cost: Cost; salt: Buffer; expected: Buffer } | undefined {
  const [, logN, r, p, salt, expected] = FORM.exec(hash) ?? []
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) }
  if (salt === undefined || expected === undefined || cost.logN < 10 || cost.logN > 20 || cost.r < 1 || cost.p < 1)
    return undefined
  return { cost, salt: Buffer.from(salt, 'base64'), expected: Buffer.from(expected, 'base64') }
}

let running = 0
const waiting: (() => void)[] = []

async function derive(password: string, salt: Buffer, { logN, r, p }: Cost): Promise<Buffer> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  else running++
  const options: ScryptOptions = { N: 2 ** logN, r, p, maxmem: 256 * 2 ** logN * r }
  try {
    return await new Promise((resolve, reject) => {
      scrypt(password.normalize('NFC'), salt, HASH_OCTETS, options, (error, key) => {
        if (error === null) resolve(key)
        else reject(error)
      })
    })
  } finally {
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }
}
