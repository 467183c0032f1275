import { EXTENDED_KEY_USAGE } from '../trust/signer.js'

/** Just enough DER to make certificates that are right, or wrong in one way. */
export const der = {
  value(tag: number, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    const prefix = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
    const octets = new Uint8Array(1 + prefix.length + length)
    octets.set([tag, ...prefix])
    let at = 1 + prefix.length
    for (const part of parts) {
      octets.set(part, at)
      at += part.length
    }
    return octets
  },
  sequence: (...parts: readonly Uint8Array[]) => der.value(0x30, ...parts),
  integer: (...octets: readonly number[]) => der.value(0x02, Uint8Array.from(octets)),
  octetString: (part: Uint8Array) => der.value(0x04, part),
  bitString: (octets: Uint8Array, unused = 0) => der.value(0x03, Uint8Array.of(unused), octets),
  text: (tag: number, text: string) => der.value(tag, new TextEncoder().encode(text)),
  time: (time: Date) => der.text(0x18, time.toISOString().replace(/[-:T]|\.\d+/g, '')),
  oid(dotted: string): Uint8Array<ArrayBuffer> {
    const [first, second, ...rest] = dotted.split('.').map(BigInt) as [bigint, bigint, ...bigint[]]
    const octets = [40n * first + second, ...rest].flatMap((arc) => {
      const digits = [Number(arc & 0x7fn)]
      for (let left = arc >> 7n; left > 0n; left >>= 7n) digits.unshift(Number(left & 0x7fn) | 0x80)
      return digits
    })
    return der.value(0x06, Uint8Array.from(octets))
  },
}

/** Whose key a certificate has, and who signed it. */
export interface TestCertificate {
  readonly der: Uint8Array<ArrayBuffer>
  readonly name: Uint8Array<ArrayBuffer>
  readonly keys: CryptoKeyPair
}

export interface CertificateOptions {
  readonly subject: string
  /** Default: itself. */
  readonly issuer?: TestCertificate
  readonly ca?: boolean
  readonly pathLength?: number
  /** The bits of KeyUsage, as octets. Default: what goes with `ca`. */
  readonly keyUsage?: number
  /** Default for those that are no CA: to sign Issuer parameters. */
  readonly extendedKeyUsage?: readonly string[]
  readonly uris?: readonly string[]
  readonly dnsNames?: readonly string[]
  readonly notBefore?: string
  readonly notAfter?: string
  /** A further extension, critical. */
  readonly critical?: string
  readonly keys?: CryptoKeyPair
  readonly hash?: 'SHA-256' | 'SHA-1'
}

export const p256: EcKeyGenParams = { name: 'ECDSA', namedCurve: 'P-256' }
export const rsa2048: RsaHashedKeyGenParams = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
}

export function generateKeys(parameters: EcKeyGenParams | RsaHashedKeyGenParams = p256): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])
}

const SIGNATURE = { ECDSA: '1.2.840.10045.4.3.2', 'RSASSA-PKCS1-v1_5': '1.2.840.113549.1.1.11' }

let serial = 0

export async function makeCertificate(options: CertificateOptions): Promise<TestCertificate> {
  const { subject, ca = false, uris = [], dnsNames = [], hash = 'SHA-256' } = options
  const keys = options.keys ?? (await generateKeys())
  const name = der.sequence(der.value(0x31, der.sequence(der.oid('2.5.4.3'), der.text(0x0c, subject))))
  const issuer = options.issuer ?? { name, keys }
  const { extendedKeyUsage = ca ? undefined : [EXTENDED_KEY_USAGE['issuer-parameters']] } = options
  const { keyUsage = ca ? 0x04 : 0x80 } = options

  const extension = (oid: string, isCritical: boolean, value: Uint8Array): Uint8Array =>
    der.sequence(der.oid(oid), ...(isCritical ? [der.value(0x01, Uint8Array.of(0xff))] : []), der.octetString(value))
  const basicConstraints = [
    ...(ca ? [der.value(0x01, Uint8Array.of(0xff))] : []),
    ...(options.pathLength === undefined ? [] : [der.integer(options.pathLength)]),
  ]
  const keyIdentifier = async ({ publicKey }: CryptoKeyPair): Promise<Uint8Array<ArrayBuffer>> => {
    const spki = await crypto.subtle.exportKey('spki', publicKey)
    return new Uint8Array(await crypto.subtle.digest('SHA-256', spki)).slice(0, 20)
  }
  const extensions = [
    extension('2.5.29.14', false, der.octetString(await keyIdentifier(keys))),
    extension('2.5.29.35', false, der.sequence(der.value(0x80, await keyIdentifier(issuer.keys)))),
    extension('2.5.29.19', true, der.sequence(...basicConstraints)),
    extension('2.5.29.15', true, der.bitString(Uint8Array.of(keyUsage), keyUsage === 0x80 ? 7 : 2)),
    ...(extendedKeyUsage
      ? [extension('2.5.29.37', false, der.sequence(...extendedKeyUsage.map((oid) => der.oid(oid))))]
      : []),
    ...(uris.length + dnsNames.length === 0
      ? []
      : [
          extension(
            '2.5.29.17',
            false,
            der.sequence(...uris.map((uri) => der.text(0x86, uri)), ...dnsNames.map((dns) => der.text(0x82, dns))),
          ),
        ]),
    ...(options.critical ? [extension(options.critical, true, der.sequence())] : []),
  ]
  const { name: keyName } = issuer.keys.privateKey.algorithm as { name: keyof typeof SIGNATURE }
  const algorithm = der.sequence(
    der.oid(hash === 'SHA-1' ? '1.2.840.10045.4.1' : SIGNATURE[keyName]),
    ...(keyName === 'ECDSA' ? [] : [der.value(0x05)]),
  )
  const signed = der.sequence(
    der.value(0xa0, der.integer(2)),
    der.integer(1, ++serial),
    algorithm,
    issuer.name,
    der.sequence(
      der.time(new Date(options.notBefore ?? '2009-01-01')),
      der.time(new Date(options.notAfter ?? '2029-01-01')),
    ),
    name,
    new Uint8Array(await crypto.subtle.exportKey('spki', keys.publicKey)),
    der.value(0xa3, der.sequence(...extensions)),
  )
  const raw = new Uint8Array(await crypto.subtle.sign({ name: keyName, hash }, issuer.keys.privateKey, signed))
  const signature = keyName === 'ECDSA' ? der.sequence(unsigned(raw.slice(0, 32)), unsigned(raw.slice(32))) : raw
  return { der: der.sequence(signed, algorithm, der.bitString(signature)), name, keys }
}

function unsigned(octets: Uint8Array): Uint8Array {
  const start = octets.findIndex((octet) => octet !== 0)
  const minimal = [...octets.slice(start)]
  return der.integer(...(minimal[0]! >= 0x80 ? [0, ...minimal] : minimal))
}
