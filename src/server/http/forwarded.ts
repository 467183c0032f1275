import { BlockList, isIP, isIPv4 } from 'node:net'
import { isAddress } from './ip-address.js'

/** The headers in which proxies forward a client's address. */
export const FORWARDED_HEADERS = ['x-forwarded-for', 'forwarded'] as const
export type ForwardedHeader = (typeof FORWARDED_HEADERS)[number]

/** Proxies that end TLS in front of this host and forward the addresses of their clients. */
export interface TrustedProxiesOptions {
  /** IP addresses and networks such as `10.0.0.0/8`. Default: none. */
  readonly addresses?: readonly string[]
  /** The header that these proxies append to; the other one is ignored, since a client can send it. Default: `x-forwarded-for`. */
  readonly header?: ForwardedHeader
}

/** Knows the trusted proxies, and finds the client behind them. */
export class TrustedProxies {
  readonly #list = new BlockList()
  readonly #header: ForwardedHeader

  /** `addresses` must be as `isNetwork` accepts them. */
  constructor({ addresses = [], header = 'x-forwarded-for' }: TrustedProxiesOptions = {}) {
    this.#header = header
    for (const entry of addresses) {
      const [address = '', prefix] = entry.split('/')
      const family = isIPv4(address) ? 'ipv4' : 'ipv6'
      this.#list.addSubnet(address, prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix), family)
    }
  }

  has(address: string): boolean {
    const version = isIP(address)
    return version !== 0 && this.#list.check(address, version === 4 ? 'ipv4' : 'ipv6')
  }

  /**
   * The client whose request came from an address: that address itself, or, from a trusted proxy, the last forwarded address
   * that is no trusted proxy. Read from the right, since the client controls the left part. Stops at the first element that
   * is not an address.
   */
  clientOf(address: string, headers: Readonly<Record<string, string | string[] | undefined>>): string {
    if (!this.has(address)) return address
    const value = headers[this.#header]
    const text = Array.isArray(value) ? value.join(',') : (value ?? '')
    const hops = this.#header === 'forwarded' ? forwardedHops(text) : text.split(',').reverse()
    let client = address
    for (const hop of hops) {
      const found = addressOf(hop.trim())
      if (found === undefined) break
      client = found
      if (!this.has(found)) break
    }
    return client
  }
}

/** Whether a text is an IP address, or a network of them as `address/prefix`. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  if (!isAddress(address) || rest.length > 0) return false
  return prefix === undefined || (/^(0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= (isIPv4(address) ? 32 : 128))
}

/** An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`. */
function addressOf(hop: string): string | undefined {
  const [, bracketed, plain = hop] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(hop) ?? []
  const address = bracketed ?? plain
  return isAddress(address) && (bracketed === undefined || !isIPv4(address)) ? address : undefined
}

const TOKEN = "[\\w!#$%&'*+.^`|~-]+"
const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`
const PAIR = `${TOKEN}=(?:${TOKEN}|${QUOTED})`
const ELEMENT = new RegExp(`^\\s*${PAIR}(?:\\s*;\\s*${PAIR})*\\s*$`)
const FOR = new RegExp(`(?:^|;)\\s*for=(?:(${TOKEN})|(${QUOTED}))`, 'i')
/** Characters of an element; longer ones are not read. */
const MAX_ELEMENT = 512

/**
 * The `for` of each element of a Forwarded header, from the right; empty where an element has none. The shortest element that
 * is well-formed counts, so that no quotation mark of a client hides what a proxy appended. RFC 7239, section 4
 */
function* forwardedHops(text: string): Generator<string> {
  for (let end = text.length, start = end; start >= 0 && end - start <= MAX_ELEMENT;) {
    start = start === 0 ? -1 : text.lastIndexOf(',', start - 1)
    const element = text.slice(start + 1, end)
    if (!ELEMENT.test(element)) continue
    const [, token, quoted] = FOR.exec(element) ?? []
    yield token ?? quoted?.slice(1, -1).replace(/\\(.)/g, '$1') ?? ''
    end = start
  }
}
