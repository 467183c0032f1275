import { describe, expect, it } from 'vitest'
import { isNetwork, TrustedProxies } from './forwarded.js'

const PROXY = '10.0.0.1'
const addresses = ['10.0.0.0/8', '2001:db8:ffff::/48']
const byFor = new TrustedProxies({ addresses })
const byForwarded = new TrustedProxies({ addresses, header: 'forwarded' })
const xff = (value: string, from = PROXY) => byFor.clientOf(from, { 'x-forwarded-for': value })
const forwarded = (value: string, from = PROXY) => byForwarded.clientOf(from, { forwarded: value })

describe('the client behind a proxy', () => {
  it('is the one that connected, unless that is a trusted proxy', () => {
    expect(xff('192.0.2.1', '198.51.100.7')).toBe('198.51.100.7')
    expect(new TrustedProxies().clientOf(PROXY, { 'x-forwarded-for': '192.0.2.1' })).toBe(PROXY)
    expect(byFor.has('::ffff:10.1.2.3')).toBe(true)
    expect(byFor.has('')).toBe(false)
  })

  it('is the last that is no proxy; what a client wrote to the left of it counts for nothing', () => {
    expect(xff('192.0.2.1')).toBe('192.0.2.1')
    expect(xff('6.6.6.6, 192.0.2.1')).toBe('192.0.2.1')
    expect(xff('6.6.6.6,192.0.2.1 , 10.9.9.9')).toBe('192.0.2.1')
    expect(xff('192.0.2.1', '2001:db8:ffff::1')).toBe('192.0.2.1')
    expect(xff('10.0.0.7, 10.0.0.8')).toBe('10.0.0.7')
    expect(forwarded('for=6.6.6.6, for=192.0.2.1;proto=https;by=10.0.0.1, for="10.9.9.9:80"')).toBe('192.0.2.1')
  })

  it('may have a port, and an address of IPv6', () => {
    expect(xff('192.0.2.1:8080')).toBe('192.0.2.1')
    expect(xff('2001:db8::1')).toBe('2001:db8::1')
    expect(xff('[2001:db8::1]')).toBe('2001:db8::1')
    expect(xff('[2001:db8::1]:80')).toBe('2001:db8::1')
    expect(forwarded('For="[2001:db8::1]:80"')).toBe('2001:db8::1')
    expect(forwarded(String.raw`proto=https ; for="192.0.2.\1"`)).toBe('192.0.2.1')
  })

  it.each(['', 'unknown', '192.0.2', '192.0.2.1x', '[192.0.2.1]', 'fe80::1%eth0', '192.0.2.1:123456', 'host.example'])(
    'is the proxy where it forwards %j',
    (value) => {
      expect(xff(value)).toBe(PROXY)
      expect(xff(`6.6.6.6, ${value}`)).toBe(PROXY)
    },
  )

  it.each([
    '',
    'for',
    'for=',
    'for=_hidden',
    'for=unknown',
    'for="192.0.2.1',
    'for=192.0.2.1;',
    '192.0.2.1',
    'by=192.0.2.1',
  ])('is the proxy where it forwards %j in Forwarded', (value) => expect(forwarded(value)).toBe(PROXY))

  it('is not hidden by a quotation mark that the client left open', () => {
    expect(forwarded('for="6.6.6.6, for=192.0.2.1')).toBe('192.0.2.1')
    expect(forwarded('for=6.6.6.6;x="a, for=192.0.2.1')).toBe('192.0.2.1')
    expect(forwarded('for=192.0.2.1;host="a,for=6.6.6.6"')).toBe('192.0.2.1')
  })

  it('comes from the one header that the proxies append to', () => {
    const both = { 'x-forwarded-for': '192.0.2.1', forwarded: 'for=6.6.6.6' }
    expect(byFor.clientOf(PROXY, both)).toBe('192.0.2.1')
    expect(byForwarded.clientOf(PROXY, both)).toBe('6.6.6.6')
  })

  it('is found quickly in a header that is made to take long', () => {
    const begin = performance.now()
    forwarded(','.repeat(16_000))
    forwarded(`${'a="'.repeat(5_000)},`)
    xff(`${','.repeat(16_000)}10.0.0.1`)
    expect(performance.now() - begin).toBeLessThan(200)
  })
})

it('takes addresses and networks, and nothing else', () => {
  for (const text of ['10.0.0.1', '10.0.0.0/8', '::1', '2001:db8::/32', '0.0.0.0/0']) expect(isNetwork(text)).toBe(true)
  for (const text of ['', '10.0.0', '10.0.0.0/33', '10.0.0.0/08', '::/129', '10.0.0.0/8/8', 'a', '10.0.0.0/'])
    expect(isNetwork(text), text).toBe(false)
})
