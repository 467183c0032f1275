import { describe, expect, it } from 'vitest'
import type { Certificate } from './certificate.js'
import { arePoliciesAllowed, type PathStep, type PolicyOptions } from './policies.js'

// RFC 5280, section 6.1, on what it looks at in a certificate and nothing else. PKITS and path.test.ts have whole certificates.

type Parts = Partial<Pick<Certificate, 'policies' | 'policyMappings' | 'policyConstraints' | 'inhibitAnyPolicy'>>
const certificate = (parts: Parts): Certificate => parts as Certificate

const [A, B, X, Y, ANY] = ['1.2.1', '1.2.2', '1.3.1', '1.3.2', '2.5.29.32.0'] as const
const map = (...pairs: readonly (readonly [string, string])[]): Parts => ({
  policyMappings: pairs.map(([issuerPolicy, subjectPolicy]) => ({ issuerPolicy, subjectPolicy })),
})
const require = (count: number): Parts => ({ policyConstraints: { requireExplicitPolicy: count } })
const inhibitMapping = (count: number): Parts => ({ policyConstraints: { inhibitPolicyMapping: count } })
const inhibitAny = (count: number): Parts => ({ inhibitAnyPolicy: count })

const step = (policies?: readonly string[], parts: Parts = {}, isSelfIssued = false): PathStep => ({
  certificate: certificate({ policies, ...parts }),
  isSelfIssued,
})
const selfIssued = (policies?: readonly string[], parts?: Parts): PathStep => step(policies, parts, true)

const explicit: PolicyOptions = { requireExplicitPolicy: true }
const accepting = (...policies: string[]): PolicyOptions => ({ ...explicit, policies })
const noAny: PolicyOptions = { ...explicit, inhibitAnyPolicy: true }

type Row = readonly [
  name: string,
  expected: boolean,
  path: readonly PathStep[],
  options?: PolicyOptions,
  anchor?: Parts,
]

const mappedToX = step([A], map([A, X]))

describe.each<[string, readonly Row[]]>([
  [
    'without demands',
    [
      ['nobody names any', true, [step(), step()]],
      ['they differ', true, [step([A]), step([B])]],
      ['only one certificate names any', true, [step(), step([A])]],
      ['a mapping goes nowhere', true, [step(undefined, map([A, X])), step()]],
      ['there is one certificate', true, [step()]],
    ],
  ],
  [
    'with a demand by the user',
    [
      ['nobody names any', false, [step(), step()], explicit],
      ['all name one', true, [step([A]), step([A])], explicit],
      ['all name several, one of them the same', true, [step([A, B]), step([X, B])], explicit],
      ['they differ', false, [step([A]), step([B])], explicit],
      ['one on the way names none', false, [step([A]), step(), step([A])], explicit],
      ['the last names none', false, [step([A]), step()], explicit],
      ['they are those of the user', true, [step([A]), step([A])], accepting(A)],
      ['they are others', false, [step([A]), step([A])], accepting(B, X)],
      ['the user takes any', true, [step([A]), step([A])], accepting(ANY)],
      ['the user takes any, and they differ', false, [step([A]), step([B])], accepting(ANY)],
      ['the user names some, but demands none', true, [step([A]), step([A])], { policies: [B] }],
    ],
  ],
  [
    'with any policy',
    [
      ['at first', true, [step([ANY]), step([A])], accepting(A)],
      ['at first, and another at last', false, [step([ANY]), step([A])], accepting(B)],
      ['at last', true, [step([A]), step([ANY])], accepting(A)],
      ['at last, after another', false, [step([A]), step([ANY])], accepting(B)],
      ['everywhere', true, [step([ANY]), step([ANY])], accepting(B)],
      ['and one beside it, of which another comes', true, [step([A, ANY]), step([B])], accepting(B)],
      ['and one beside it, which comes', true, [step([A, ANY]), step([A])], accepting(A)],
    ],
  ],
  [
    'where any policy is inhibited',
    [
      ['by the user, at first', false, [step([ANY]), step([A])], noAny],
      ['by the user, at last', false, [step([A]), step([ANY])], noAny],
      ['by the user, and nobody has it', true, [step([A]), step([A])], noAny],
      ['by the user, and it stands beside another', true, [step([A, ANY]), step([A])], noAny],
      ['by the user, in a self-issued one', true, [selfIssued([ANY]), step([A])], noAny],
      ['by the user, in a self-issued one at last', false, [step([A]), selfIssued([ANY])], noAny],
      ['by the anchor', false, [step([ANY]), step([A])], explicit, inhibitAny(0)],
      ['by the anchor, after one', true, [step([ANY]), step([A])], explicit, inhibitAny(1)],
      ['by the anchor, after one, in the second', false, [step([A]), step([ANY])], explicit, inhibitAny(1)],
      [
        'by the anchor, after one, not counting a self-issued one',
        true,
        [selfIssued([A]), step([ANY])],
        explicit,
        inhibitAny(1),
      ],
      ['on the way', false, [step([A], inhibitAny(0)), step([ANY])], explicit],
      ['on the way, after one', true, [step([A], inhibitAny(1)), step([ANY])], explicit],
      ['on the way, after one, in the second', false, [step([A], inhibitAny(1)), step([A]), step([ANY])], explicit],
      [
        'on the way, and later less',
        false,
        [step([A], inhibitAny(0)), step([A], inhibitAny(5)), step([ANY])],
        explicit,
      ],
      ['in the last, where it is too late', true, [step([A]), step([ANY], inhibitAny(0))], explicit],
    ],
  ],
  [
    'where one is demanded',
    [
      ['by the anchor', false, [step(), step()], {}, require(0)],
      ['by the anchor, and there is one', true, [step([A]), step([A])], {}, require(0)],
      ['by the anchor, beyond the path', true, [step(), step()], {}, require(3)],
      ['by the anchor, at its last certificate', false, [step(), step()], {}, require(2)],
      ['on the way', false, [step([A], require(0)), step()]],
      ['on the way, and there is one', true, [step([A], require(0)), step([A])]],
      ['on the way, from the next on', false, [step([A], require(1)), step()]],
      ['on the way, beyond the path', true, [step([A], require(2)), step()]],
      ['on the way, of others than the user takes', false, [step([A], require(0)), step([A])], { policies: [B] }],
      ['on the way, and later less', false, [step([A], require(0)), step([A], require(9)), step()]],
      ['on the way, not counting a self-issued one', true, [step([A], require(2)), selfIssued(), step()]],
      ['on the way, counting one that is not', false, [step([A], require(2)), step(), step()]],
      // Section 6.1.5 (a) has no exception for it.
      ['on the way, and the last is self-issued', false, [step([A], require(1)), selfIssued()]],
      ['by the last', false, [step(), step(undefined, require(0))]],
      ['by the last, for the next', true, [step(), step(undefined, require(1))]],
      ['by the last, which has one', true, [step([A]), step([A], require(0))]],
    ],
  ],
  [
    'with mappings',
    [
      ['from the policy of the user', true, [mappedToX, step([X])], accepting(A)],
      ['to the policy of the user', false, [mappedToX, step([X])], accepting(X)],
      ['that the next does not follow', false, [mappedToX, step([A])], explicit],
      ['to two', true, [step([A], map([A, X], [A, Y])), step([Y])], accepting(A)],
      ['of one, beside another', true, [step([A, B], map([A, X])), step([B])], accepting(B)],
      [
        'of one, beside another, which does not become that',
        false,
        [step([A, B], map([A, X])), step([X])],
        accepting(B),
      ],
      ['of a policy that nobody named', false, [step([B], map([A, X])), step([X])], accepting(A)],
      ['of one that any policy stands for', true, [step([ANY], map([A, X])), step([X])], accepting(A)],
      ['of one that any policy stands for, and others', false, [step([ANY], map([A, X])), step([X])], accepting(X)],
      ['twice', true, [mappedToX, step([X], map([X, Y])), step([Y])], accepting(A)],
      ['from any policy', false, [step([A], map([ANY, X])), step([X])]],
      ['to any policy', false, [step([A], map([A, ANY])), step([X])]],
      ['in the last, which say nothing', true, [step([A]), step([A], map([ANY, X]))], explicit],
      // What B became does not come from any policy, though that is named too.
      [
        'of one that comes from another',
        false,
        [step([B, ANY], map([B, A])), step([A, ANY], map([A, X])), step([X])],
        accepting(A),
      ],
    ],
  ],
  [
    'where mappings are inhibited',
    [
      ['by the user', false, [mappedToX, step([X])], { ...explicit, inhibitPolicyMapping: true }],
      ['by the user, of the policy itself', false, [mappedToX, step([A])], { ...explicit, inhibitPolicyMapping: true }],
      [
        'by the user, beside another policy',
        true,
        [step([A, B], map([A, X])), step([B])],
        { ...explicit, inhibitPolicyMapping: true },
      ],
      ['by the user, and there are none', true, [step([A]), step([A])], { ...explicit, inhibitPolicyMapping: true }],
      ['by the anchor', false, [mappedToX, step([X])], explicit, inhibitMapping(0)],
      ['by the anchor, after one', true, [mappedToX, step([X])], explicit, inhibitMapping(1)],
      [
        'by the anchor, after one, in the second',
        false,
        [step([A]), mappedToX, step([X])],
        explicit,
        inhibitMapping(1),
      ],
      [
        'by the anchor, after one, not counting a self-issued one',
        true,
        [selfIssued([A]), mappedToX, step([X])],
        explicit,
        inhibitMapping(1),
      ],
      ['on the way', false, [step([A], inhibitMapping(0)), mappedToX, step([X])], explicit],
      ['on the way, after one', true, [step([A], inhibitMapping(1)), mappedToX, step([X])], explicit],
    ],
  ],
])('policies %s', (_, rows) => {
  it.each(rows.map((row) => [row[0], row] as const))('are told: %s', (__, [, expected, path, options, anchor = {}]) => {
    expect(arePoliciesAllowed(certificate(anchor), path, options)).toBe(expected)
  })
})

describe('policies by the hundred', () => {
  const names = (of: number, count: number): string[] => Array.from({ length: count }, (_, i) => `1.3.${of}.${i + 1}`)
  const allowed = (...path: readonly PathStep[]): boolean => arePoliciesAllowed(certificate({}), path)

  it('are refused beyond 256 in a certificate, though none is demanded', () => {
    expect([allowed(step(names(1, 256))), allowed(step(names(1, 257)))]).toEqual([true, false])
    const mappings = (count: number): Parts => map(...names(1, count).map((name) => [name, X] as const))
    expect([allowed(step([A], mappings(256)), step()), allowed(step([A], mappings(257)), step())]).toEqual([
      true,
      false,
    ])
  })

  it('are refused beyond 1024 nodes of the tree', () => {
    const all = (from: readonly string[], to: readonly string[]): Parts =>
      map(...from.flatMap((one) => to.map((other) => [one, other] as const)))
    /** Policies that each become all of the second ones, which each become all of the third. */
    const of = (first: number, second: number, third: number, ...more: string[]): boolean => {
      const [one, two, three] = [names(1, first), names(2, second), names(3, third)]
      return allowed(step(one, all(one, two)), step([...two, ...more], all(two, three)), step([...three, ...more]))
    }
    expect([of(4, 64, 4), of(5, 51, 5)]).toEqual([true, false])
    // Each node is there once, although any policy stands beside them.
    expect(of(4, 64, 4, ANY)).toBe(true)
  })
})
