import { describe, expect, it } from 'vitest'
import { customGroups } from '../../../bindings/testing/groups.js'
import { L1024N160, L2048N256, L3072N256, P256, P384, P521 } from '../../params/index.js'
import { engine, group } from '../testing/fixtures.js'
import { hashByUri, isCurve, setByUri, setOfGroup, uriOf, uriOfHash } from './identifiers.js'
import { isTokenClass } from './names.js'

const sets = [L1024N160, L2048N256, L3072N256]

describe('the URI of a recommended set', () => {
  it.each([
    [L1024N160, 'urn:oid:1.3.6.1.4.1.311.75.1.1.0'],
    [L2048N256, 'urn:oid:1.3.6.1.4.1.311.75.1.1.1'],
    [L3072N256, 'urn:oid:1.3.6.1.4.1.311.75.1.1.2'],
  ])('is its object identifier', (set, uri) => {
    expect(uriOf(set)).toBe(uri)
    expect(setByUri(sets, uri)).toBe(set)
    expect(isCurve(uri)).toBe(false)
    expect(setByUri([], uri)).toBeUndefined()
  })

  it.each(['', 'urn:oid:1.2.3', 'urn:oid:1.3.6.1.4.1.311.75.1.1.11', '1.3.6.1.4.1.311.75.1.1.1'])('is not %j', (uri) =>
    expect(setByUri(sets, uri)).toBeUndefined(),
  )

  it('names a curve under an arc of its own', () => {
    for (const { oid } of [P256, P384, P521]) expect(isCurve(`urn:oid:${oid}`)).toBe(true)
    for (const uri of ['urn:oid:1.3.6.1.4.1.311.75.1.3.1', '1.3.6.1.4.1.311.75.1.2.1']) expect(isCurve(uri)).toBe(false)
  })
})

describe('the set of a group', () => {
  it('is found by its numbers', () => {
    expect(setOfGroup(sets, group)).toBe(L2048N256)
    expect(setOfGroup([L3072N256], group)).toBeUndefined()
    const own = engine.subgroup(customGroups['2400/256']!)
    expect(setOfGroup(sets, own)).toBeUndefined()
    own.dispose()
  })
})

describe('the URI of a hash algorithm', () => {
  it.each([
    ['SHA-1', 'http://www.w3.org/2000/09/xmldsig#sha1'],
    ['SHA-256', 'http://www.w3.org/2001/04/xmlenc#sha256'],
    ['SHA-384', 'http://www.w3.org/2001/04/xmldsig-more#sha384'],
    ['SHA-512', 'http://www.w3.org/2001/04/xmlenc#sha512'],
  ] as const)('of %s is %s', (hash, uri) => {
    expect(uriOfHash(hash)).toBe(uri)
    expect(hashByUri(uri)).toBe(hash)
  })

  it.each(['', 'SHA-256', 'http://www.w3.org/2001/04/xmlenc#sha384', 'http://www.w3.org/2001/04/xmlenc#SHA256'])(
    'is not %j',
    (uri) => expect(hashByUri(uri)).toBeUndefined(),
  )
})

describe('the class of a token', () => {
  it('is claim or ID', () => {
    expect(['claim', 'ID', '', 'Claim', 'id', ' ID'].map(isTokenClass)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ])
  })
})
