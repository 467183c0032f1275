import { describe, expect, it } from 'vitest'
import { ipOctets, isLoopback, networkOf } from './ip-address.js'

describe('addresses', () => {
  it('are octets', () => {
    expect([...ipOctets('192.0.2.7')]).toEqual([192, 0, 2, 7])
    expect([...ipOctets('::1')]).toEqual([...new Array<number>(15).fill(0), 1])
    expect(Buffer.from(ipOctets('2001:DB8::a:0:b')).toString('hex')).toBe('20010db8000000000000000a0000000b')
  })

  it('are counted by network, however they are written', () => {
    expect(networkOf('192.0.2.7')).toBe('192.0.2.7')
    expect(networkOf('::ffff:192.0.2.7')).toBe('192.0.2.7')
    expect(networkOf('::FFFF:c000:207')).toBe('192.0.2.7')
    expect(networkOf('2001:db8:1:2::3')).toBe(networkOf('2001:db8:1:2:ffff:0:0:1'))
    expect(networkOf('2001:db8:1:2::3')).not.toBe(networkOf('2001:db8:1:3::3'))
    expect(networkOf('fe80::1%eth0')).toBe('fe80000000000000/64')
    // Of a client that is gone already.
    expect(networkOf('')).toBe('')
  })

  it('are of this machine, or not', () => {
    for (const address of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1']) expect(isLoopback(address)).toBe(true)
    for (const address of ['0.0.0.0', '::', '192.0.2.7', '2001:db8::1']) expect(isLoopback(address)).toBe(false)
  })
})
