import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectRefusal } from '../testing/refusal.js'
import { derFromBer } from './ber.js'
import { encode, integer, octetString, parseDer, sequence, setOf, utf8String } from './der.js'

const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))

describe('BER', () => {
  it.each([
    ['an indefinite length', '3080020101' + '0000', '3003020101'],
    ['a length in more octets than it needs', '308400000003' + '020101', '3003020101'],
    ['nested indefinite lengths', '3080a080020101' + '0000' + '0000', '3005a003020101'],
    ['a string in parts', '30802480' + '0401aa' + '0402bbcc' + '0000' + '0000', '30050403aabbcc'],
    ['a string in parts of parts', '2407' + '2403' + '0401aa' + '0400', '0401aa'],
    ['an empty string in parts', '24800000', '0400'],
    ['a value without contents in an indefinite length', '3080' + '0500' + '0000', '30020500'],
    ['a length in eight octets', '3088' + '00'.repeat(7) + '02' + '0500', '30020500'],
  ])('with %s becomes DER', (_, ber, der) => {
    expect(derFromBer(bytes(ber))).toEqual(bytes(der))
    parseDer(derFromBer(bytes(ber)))
  })

  it.each([
    ['nothing', ''],
    ['no end', '3080020101'],
    ['half an end', '308002010100'],
    ['octets after it', '30800000' + '00'],
    ['an indefinite length of a primitive value', '04800000'],
    ['a length beyond the octets', '30050201'],
    ['a part beyond the whole', '30030403aa'],
    ['a string with something else in it', '2403020101'],
    ['a part beyond the whole, within what is around that', '3080' + '3002' + '0402' + '0000'],
    ['a part whose end is that of what is around it', '3080' + '3002' + '3080' + '0000'],
    ['a part without an end', '3004' + '04800000'],
    ['an end that has contents', '3080' + '0001aa' + '0000'],
    ['half an end, and something else', '3080' + '0001'],
    ['a tag alone', '30'],
    ['a tag alone, as deep as can be', '3080'.repeat(32) + '30'],
    ['a part beyond the whole, as deep as can be', '3080'.repeat(32) + '307f0500'],
    ['a length that breaks off', '308200'],
    ['a tag of several octets', '3f8101' + '00'],
    ['a primitive value with such a tag', '1f0100'],
    ['a length of nine octets', '3089' + '00'.repeat(8) + '00'],
  ])('with %s is refused', async (_, ber) => {
    await expectRefusal(() => Promise.resolve().then(() => derFromBer(bytes(ber))), 'pki/not-der')
  })

  it('is refused beyond the limits', async () => {
    const deep = (levels: number) => bytes('3080'.repeat(levels) + '0000'.repeat(levels))
    expect(derFromBer(deep(32))).toHaveLength(64)
    await expectRefusal(() => Promise.resolve().then(() => derFromBer(deep(33))), 'pki/limit')
    const refused = () => Promise.resolve().then(() => derFromBer(octetString(new Uint8Array(9)), { maxOctets: 10 }))
    await expectRefusal(refused, 'pki/limit')
    expect(derFromBer(octetString(new Uint8Array(8)), { maxOctets: 10 })).toHaveLength(10)
    await expectRefusal(() => Promise.resolve().then(() => derFromBer(new Uint8Array((1 << 20) + 1))), 'pki/limit')
  })

  it('that is DER stays as it is', () => {
    const value = fc.letrec<{ value: Uint8Array<ArrayBuffer> }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.integer({ min: 0, max: 1e9 }).map((number) => integer(number)),
        fc.uint8Array({ maxLength: 300 }).map((octets) => octetString(new Uint8Array(octets))),
        fc.string({ maxLength: 20 }).map(utf8String),
        fc.array(tie('value'), { maxLength: 3 }).map((parts) => sequence(...parts)),
        fc.array(tie('value'), { maxLength: 3 }).map((parts) => setOf(...parts)),
        tie('value').map((part) => encode(0xa0, part)),
      ),
    })).value
    fc.assert(
      fc.property(value, (der) => {
        expect(derFromBer(der)).toEqual(der)
      }),
    )
  })
})
