import { describe, expect, it } from 'vitest'
import { parseCertificate } from '../x509/certificate.js'
import { formatName, parseName } from '../x509/name.js'
import { createAuthority } from './embedded-authority.js'
import type { Profile } from './policy/profile.js'
import type { SubjectPart } from './policy/subject.js'
import { alice, application, DAY, issued, renewal, testAuthority, USER } from './testing/authority.js'

const CN = '2.5.4.3'
const OU = '2.5.4.11'
const account = parseName('CN=Alice,OU=Staff,DC=example')

const composed = (subject: readonly SubjectPart[]): Profile => ({
  ...USER,
  subject,
  names: () => ({ subject: account }),
})

/** The subject for a request, or the cause of its denial and what it is about. */
async function subjectOf(parts: readonly SubjectPart[], requested: string): Promise<string> {
  const { authority } = await testAuthority({ profiles: [composed(parts)], defaultProfile: 'User' })
  const disposition = await authority.submit(await application({ subject: requested }))
  if (disposition.status === 'denied') return `${disposition.cause ?? ''} ${disposition.detail ?? ''}`.trim()
  return formatName(parseCertificate(issued(disposition)).subject)
}

describe('the subject that a profile puts together', () => {
  const fixed = { fixed: parseName('O=Fabrikam,C=SE') }
  const name = { attribute: CN, from: 'account' } as const
  const unit = { attribute: OU, from: 'request' } as const

  it('has its parts in their order, from where they are to come', async () => {
    expect(await subjectOf([name, unit, fixed], 'CN=Administrator,OU=Sales,O=Contoso')).toBe(
      'CN=Alice,OU=Sales,O=Fabrikam,C=SE',
    )
    expect(await subjectOf([name, { attribute: OU, from: 'account' }], 'CN=Administrator,OU=Sales')).toBe(
      'CN=Alice,OU=Staff',
    )
    // All attributes of the type, and those within one RDN.
    expect(await subjectOf([unit, name], 'OU=A,OU=B+CN=x')).toBe('OU=A,OU=B,CN=Alice')
    expect(await subjectOf([fixed], 'CN=x')).toBe('O=Fabrikam,C=SE')
  })

  it('is denied where an attribute is missing that must be there', async () => {
    expect(await subjectOf([name, unit], 'CN=x')).toBe('denial/subject-request-attribute OU')
    expect(await subjectOf([name, { ...unit, optional: true }], 'CN=x')).toBe('CN=Alice')
    expect(await subjectOf([{ attribute: '2.5.4.7', from: 'account' }], 'L=Here')).toBe(
      'denial/subject-account-attribute L',
    )
    // Nothing is left, not even an alternative name.
    expect(await subjectOf([{ ...unit, optional: true }], 'CN=x')).toBe('')
  })

  it('is denied with what deceives, or is the name of the authority', async () => {
    expect(await subjectOf([name, unit], 'OU=Sales\\E2\\80\\AEx')).toBe('denial/subject-requested')
    expect(
      await subjectOf([{ attribute: CN, from: 'request' }, { fixed: parseName('O=Fabrikam') }], 'CN=Fabrikam CA'),
    ).toBe('denial/subject-of-authority')
  })

  it('stays at a renewal', async () => {
    const { authority, clock } = await testAuthority({ profiles: [composed([name, unit])], defaultProfile: 'User' })
    const first = await application({ subject: 'OU=Sales' })
    const certificate = issued(await authority.submit(first))
    clock.time += 25 * DAY
    const again = issued(await authority.submit(await renewal(certificate, first.key, { subject: 'OU=Board' }, alice)))
    expect(formatName(parseCertificate(again).subject)).toBe('CN=Alice,OU=Sales')
  })

  it('comes from the request whole or in parts, not both, and has parts', async () => {
    const ca = await testAuthority()
    for (const profile of [{ ...composed([unit]), honours: ['subject'] as const }, composed([])]) {
      const made = createAuthority({
        key: ca.key,
        chain: [ca.root],
        store: ca.store,
        verifier: { verify: () => Promise.resolve(true) },
        profiles: [profile],
      })
      await expect(made).rejects.toMatchObject({ code: 'ca/profile' })
    }
  })
})
