// What a party has written down, in words.
import { h } from './dom.js'
import { claimName, dateOf, hourOf, texts, valueOf } from './language.js'

export interface Fact {
  readonly kind: string
  readonly value: string
}

const claims = ['given-name', 'surname', 'birth-date', 'over-18', 'country'].map((name) => `urn:example:${name}`)
/** All kinds, as they are listed. */
export const kinds = ['account', 'identifier', ...claims, 'issuer', 'token', 'expiry', 'hour', 'address']

export const valuesOf = <F extends Fact>(facts: readonly F[], kind: string): F[] =>
  facts.filter((fact) => fact.kind === kind)

export const nameOf = (kind: string): string =>
  kind.startsWith('urn:') ? claimName(kind) : (texts().kinds[kind] ?? kind)

/** The first of some values of one kind, and how many there are. */
export function inWords(kind: string, [first, ...others]: readonly Fact[]): (Node | string)[] {
  const { value = '' } = first ?? {}
  if (kind === 'token' || kind === 'identifier') {
    const code = h('code', {}, `${value.slice(0, 8)}…`)
    return others.length === 0 ? [code] : [`${texts().numbers(others.length + 1)} `, code]
  }
  if (kind === 'expiry') return [[...new Set([value, ...others.map((fact) => fact.value)])].map(dateOf).join('; ')]
  if (kind === 'issuer') return [texts().places.claims.name]
  if (kind === 'hour') return [hourOf(value)]
  if (kind === 'address') return [['::1', '127.0.0.1'].includes(value) ? texts().thisMachine : value]
  return [kind.startsWith('urn:') ? valueOf(kind, value) : value]
}
