import { describe, expect, it } from 'vitest'
import { parseXml } from '../../xml/parse.js'
import { ecdsaSha256 } from '../../xml/signature-algorithms.js'
import type { XmlElement } from '../../xml/tree.js'
import { up, UP } from '../syntax/names.js'
import { generateKeys } from '../testing/certificates.js'
import { codeOf, edited, xml } from '../testing/fixtures.js'
import type { SignerTrust } from '../trust/signer.js'
import { readDeviceParameters, signDeviceParameters, verifyDeviceParameters } from './device-parameters.js'

const parameters = { deviceGenerator: 'urn:gd', hd: Uint8Array.of(7) }
const { publicKey, privateKey } = await generateKeys()
const purposes: string[] = []
const trust: SignerTrust = {
  findSigner: (_, purpose) => {
    purposes.push(purpose)
    return Promise.resolve({ key: publicKey, uris: [], dnsNames: [] })
  },
}
const sign = (id = 'device-1') => signDeviceParameters(parameters, id, { key: privateKey, algorithm: ecdsaSha256 })
const bare = parseXml(
  `<up:DeviceParameters xmlns:up="${UP}" Id="device-1"><up:Gd GdName="urn:gd"/><up:Hd>Bw==</up:Hd></up:DeviceParameters>`,
)

describe('Device parameters', () => {
  it('are signed, and verified with a signer for Devices', async () => {
    const signed = await sign()
    expect(xml(signed)).toContain(xml(bare).replace('</up:DeviceParameters>', '<ds:Signature'))
    expect(xml(signed)).toContain('<ds:Reference URI="#device-1">')
    purposes.length = 0
    expect(await verifyDeviceParameters(xml(signed), trust)).toEqual(parameters)
    expect(purposes).toEqual(['device-parameters'])
    expect(await verifyDeviceParameters(up('Box', { Id: 'x' }, signed).elements[0]!, trust)).toEqual(parameters)
  })

  it('are not signed with a relative name, nor with an identifier that no reference can hold', async () => {
    const signing = { key: privateKey, algorithm: ecdsaSha256 }
    const relative = () => signDeviceParameters({ ...parameters, deviceGenerator: 'gd' }, 'device-1', signing)
    expect(await codeOf(relative)).toBe('ws-trust/uri')
    expect(await codeOf(() => sign('a b'))).toBe('xml-signature/unusable-id')
  })

  it('are refused if they are another element, changed, or not signed', async () => {
    const signed = await sign()
    const verify = (element: XmlElement) => codeOf(() => verifyDeviceParameters(element, trust))
    expect(await verify(edited(signed, '>Bw==<', '>CA==<'))).toBe('ws-trust/signature')
    expect(await verify(bare)).toBe('ws-trust/signature')
    expect(await verify(edited(signed, /up:DeviceParameters/g, 'up:Device'))).toBe('ws-trust/element')
  })

  it('are read without a signature', () => {
    expect(readDeviceParameters(bare)).toEqual(parameters)
  })

  it.each<[string, string | RegExp, string, string]>([
    ['no Id', ' Id="device-1"', '', 'ws-trust/attribute'],
    ['another attribute', ' Id="device-1"', ' Id="device-1" A="1"', 'ws-trust/attribute'],
    ['no Gd', /<up:Gd .*<\/up:Gd>/, '', 'ws-trust/element'],
    ['no name of Gd', ' GdName="urn:gd"', '', 'ws-trust/attribute'],
    ['a relative name', 'urn:gd', 'gd', 'ws-trust/uri'],
    ['something in Gd', '</up:Gd>', '<up:X/></up:Gd>', 'ws-trust/element'],
    ['no Hd', /<up:Hd>.*<\/up:Hd>/, '', 'ws-trust/element'],
    ['an Hd that is none', '>Bw==<', '>AAc=<', 'ws-trust/crypto-binary'],
    ['something behind', '</up:Hd>', '</up:Hd><up:X/>', 'ws-trust/element'],
  ])('are not read with %s', async (_, from, to, code) => {
    expect(await codeOf(() => readDeviceParameters(edited(bare, from, to)))).toBe(code)
  })
})
