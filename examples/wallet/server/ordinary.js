// The same story with an ordinary signed token. It hides what is not shown, as modern tokens do: the Claim Provider signs a salted
// digest of each claim, and the person reveals some. But it has one signature, and whoever sees that twice knows.
import { createHash, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'
import { claimsOf, claimTypes } from './people.js'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** @param {string} salt @param {string} type @param {string} value */
const digestOf = (salt, type, value) =>
  createHash('sha256')
    .update(JSON.stringify([salt, type, value]))
    .digest('base64')

/** A token for a person: what is signed, the signature, and what opens each claim. @param {import('./people.js').Person} person */
function issue(person) {
  const values = claimsOf(person)
  const claims = claimTypes.map((type, i) => ({
    type,
    value: values[i] ?? '',
    salt: randomBytes(16).toString('base64'),
  }))
  const signed = JSON.stringify(claims.map(({ type, value, salt }) => digestOf(salt, type, value)))
  return { claims, signed, signature: sign('sha256', Buffer.from(signed), privateKey).toString('base64') }
}

/**
 * What the same parties would hold, had these people come with ordinary tokens: the same claims shown, at the same time.
 * @param {readonly import('./ledger.js').Entry[]} visits
 * @param {readonly (import('./ledger.js').Issued | undefined)[]} supposed who made each visit
 * @returns {import('./ledger.js').Entry[]}
 */
export function ordinaryStory(visits, supposed) {
  const tokens = new Map([...new Set(supposed)].flatMap((issued) => (issued ? [[issued, issue(issued.person)]] : [])))
  return [
    ...[...tokens].map(([{ entry }, { signature }]) => {
      const others = entry.facts.filter(({ kind }) => kind !== 'token')
      return { party: entry.party, facts: [...others, { kind: 'token', value: signature }] }
    }),
    ...visits.flatMap(({ party, facts }, i) => {
      const issued = supposed[i]
      const ordinary = issued && tokens.get(issued)
      if (ordinary === undefined) return []
      const { claims, signed, signature } = ordinary
      const token = { kind: 'token', value: signature }
      const shown = claims.filter(({ type }) => facts.some(({ kind }) => kind === type))
      // What the Relying Party checks: the signature, and that what is shown was signed.
      const digests = JSON.parse(signed)
      const isGenuine =
        verify('sha256', Buffer.from(signed), publicKey, Buffer.from(signature, 'base64')) &&
        shown.every(({ salt, type, value }) => digests.includes(digestOf(salt, type, value)))
      if (!isGenuine) throw new Error('the ordinary token does not verify')
      const others = facts.filter(({ kind }) => !claimTypes.includes(kind) && kind !== 'token' && kind !== 'identifier')
      return { party, facts: [...shown.map(({ type, value }) => ({ kind: type, value })), token, ...others] }
    }),
  ]
}
