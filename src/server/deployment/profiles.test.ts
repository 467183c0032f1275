import { describe, expect, it } from 'vitest'
import { formatName } from '../../pki/x509/name.js'
import { EXTENDED_KEY_USAGE } from '../../ws-trust/trust/signer.js'
import type { User } from './configuration.js'
import { Directory } from './directory.js'
import { profilesOf } from './profiles.js'

const machine: User = {
  subject: 'CN=host,O=Example',
  groups: ['machines'],
  emails: [],
  upns: [],
  dnsNames: ['host.example'],
  uris: [],
  ipAddresses: ['192.0.2.7', '2001:db8::1', '::', '::ffff:192.0.2.7'],
  sid: 'S-1-5-21-1-2-3-1104',
  claims: {},
  disabled: false,
}
const directory = new Directory(
  new Map([
    ['machine', machine],
    ['off', { ...machine, disabled: true }],
    ['person', { ...machine, groups: [] }],
  ]),
)
const profile = {
  ...{ validity: 1_000_000, approval: 'automatic' as const, honours: [] },
  ...{ machine: false, autoEnroll: false },
}
const [restricted, open] = profilesOf(
  {
    Restricted: { ...profile, purposes: ['server', 'issuer-parameters'], enrollers: ['machines'], renewal: undefined },
    Open: { ...profile, purposes: ['device-parameters'], enrollers: 'everyone', renewal: 5 },
  },
  directory,
)
const account = (id: string) => ({ id, method: 'password' })

describe('profiles of a configuration', () => {
  it('have the usages of their purposes, and no others', () => {
    expect(restricted).toMatchObject({
      keyUsage: ['digitalSignature', 'keyEncipherment'],
      extendedKeyUsage: ['1.3.6.1.5.5.7.3.1', EXTENDED_KEY_USAGE['issuer-parameters']],
    })
    expect(open).toMatchObject({
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: [EXTENDED_KEY_USAGE['device-parameters']],
      renewal: { window: 5 },
    })
    expect(restricted).toMatchObject({ renewal: undefined })
  })

  it('are for members of their groups, or for everybody with an account', () => {
    const may = (p: typeof restricted, id: string) => (p!.enrollers as (a: object) => boolean)(account(id))
    expect(['machine', 'off', 'person', 'nobody'].map((id) => may(restricted, id))).toEqual([true, false, false, false])
    expect(['machine', 'off', 'person', 'nobody'].map((id) => may(open, id))).toEqual([true, false, true, false])
  })

  it('give the names of the account', async () => {
    const names = await open!.names!(account('machine'))
    expect(formatName(names.subject!)).toBe('CN=host,O=Example')
    expect(names.alternativeNames?.dnsNames).toEqual(['host.example'])
    expect(names.sid).toBe('S-1-5-21-1-2-3-1104')
    const zeros = new Array<number>(10).fill(0)
    expect(names.alternativeNames?.ipAddresses?.map((octets) => [...octets])).toEqual([
      [192, 0, 2, 7],
      [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
      new Array<number>(16).fill(0),
      [...zeros, 0xff, 0xff, 192, 0, 2, 7],
    ])
    expect(await open!.names!(account('nobody'))).toEqual({})
  })
})
