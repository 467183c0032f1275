import { isIP, isIPv4, isIPv6 } from 'node:net'
import { toHex } from '../../../bindings/octets/integers.js'

/** The octets of an address of IPv4 or IPv6, as iPAddress has them. */
export function ipOctets(address: string): Uint8Array<ArrayBuffer> {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number)
  // URL writes IPv6 in one form, with at most one `::`.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)))
  const [before, after] = [groups(head), groups(tail ?? '')]
  const all = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}

/** ::ffff:0:0/96 (RFC 4291, section 2.5.5.2). */
const MAPPED = '00000000000000000000ffff'

/**
 * The network that attempts from an address count for: an IPv4 address in any notation, or the /64 of an IPv6 address, since
 * each customer has countless addresses in one /64.
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const octets = ipOctets(address.replace(/%.*$/, ''))
  const digits = toHex(octets)
  return digits.startsWith(MAPPED) ? octets.subarray(12).join('.') : `${digits.slice(0, 16)}/64`
}

/** Whether an address is reached from this machine only. */
export function isLoopback(address: string): boolean {
  return address === '::1' || networkOf(address).startsWith('127.')
}

/** Whether a text is an IP address, without a zone. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%')
}
