import { describe, expect, it } from 'vitest'
import { formatName, parseName } from '../../pki/x509/name.js'
import { EXTENDED_KEY_USAGE } from '../../ws-trust/trust/signer.js'
import type { User } from './configuration.js'
import { Directory } from './directory.js'
import { authoritySettings } from './profile-settings.js'
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
/** Profiles as `uprove.yaml` has them. */
const profilesFrom = (profiles: Readonly<Record<string, object>>) =>
  profilesOf(authoritySettings.parse({ certificate: 'c', key: 'k', profiles }).profiles, directory)
const USUAL = { validity: '30d', purposes: ['client'], approval: 'automatic', enrollers: 'everyone' }
const [restricted, open] = profilesFrom({
  Restricted: { ...USUAL, purposes: ['server', 'issuer-parameters'], enrollers: ['machines'] },
  Open: { ...USUAL, purposes: ['device-parameters'], renewal: '5d' },
})
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
      renewal: { window: 5 * 86_400_000 },
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

  it('have any purpose by its object identifier, and key usages of their own', () => {
    const [one, two, three] = profilesFrom({
      One: { ...USUAL, purposes: ['code-signing', '1.3.6.1.4.1.99999.1', 'smart-card-logon'] },
      Two: { ...USUAL, purposes: ['email'], keyUsage: ['nonRepudiation'] },
      Three: { ...USUAL, purposes: ['encrypting-file-system'] },
    })
    expect(one).toMatchObject({
      extendedKeyUsage: ['1.3.6.1.5.5.7.3.3', '1.3.6.1.4.1.99999.1', '1.3.6.1.4.1.311.20.2.2'],
      keyUsage: ['digitalSignature'],
    })
    expect(two).toMatchObject({ keyUsage: ['nonRepudiation'] })
    expect(three).toMatchObject({ keyUsage: ['keyEncipherment'] })
  })

  it('have rules for keys, and for renewals', () => {
    const [profile] = profilesFrom({
      Strong: {
        ...USUAL,
        keys: { rsa: { min: 3072 }, ec: ['P-384'] },
        renewal: { window: '10d', approval: 'operator' },
      },
    })
    expect(profile).toMatchObject({
      keys: { rsa: { min: 3072, max: 4096 }, ec: ['P-384'] },
      renewal: { window: 10 * 86_400_000, approval: 'operator' },
    })
  })

  it('give the alternative names that they are to give', async () => {
    const [some, none] = profilesFrom({
      Some: { ...USUAL, alternativeNames: ['dnsNames'] },
      None: { ...USUAL, alternativeNames: [] },
    })
    const namesFrom = async (profile: typeof some) => (await profile!.names!(account('machine'))).alternativeNames
    expect(await namesFrom(some)).toEqual({ dnsNames: ['host.example'] })
    expect(await namesFrom(none)).toEqual({})
  })

  it('put subjects together', () => {
    const [profile] = profilesFrom({
      Composed: {
        ...USUAL,
        subject: [
          { attribute: 'cn', from: 'account' },
          { attribute: '2.5.4.11', from: 'request', optional: true },
          'O=Fabrikam,C=SE',
        ],
      },
    })
    expect(profile!.subject).toEqual([
      { attribute: '2.5.4.3', from: 'account', optional: false },
      { attribute: '2.5.4.11', from: 'request', optional: true },
      { fixed: parseName('O=Fabrikam,C=SE') },
    ])
  })
})
