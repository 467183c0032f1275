import { describe, expect, it, vi } from 'vitest'
import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import type { ParametersTarget } from './parameters-target.js'
import { Targets } from './targets.js'

const named = (name: string) => ({ name }) as unknown as IssuerParameters

function start(budget: number, bytes = 10) {
  const forget = vi.fn<(target: ParametersTarget) => void>()
  const make = vi.fn((parameters: IssuerParameters) => {
    return { parameters, plan: { bytes }, pins: 0 } as unknown as ParametersTarget
  })
  return { targets: new Targets(make, forget, budget), make, forget }
}

describe('targets', () => {
  it('are made once for the same parameters', () => {
    const { targets, make } = start(100)
    const parameters = named('a')
    expect(targets.of(parameters)).toBe(targets.of(parameters))
    expect(make).toHaveBeenCalledTimes(1)
  })

  it('are forgotten, the least recently used first, when there are too many tables', () => {
    const { targets, forget } = start(30)
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(named) as [IssuerParameters, ...IssuerParameters[]]
    const first = targets.of(a)
    const second = targets.of(b!)
    targets.of(c!)
    targets.of(a)
    expect(forget).not.toHaveBeenCalled()
    targets.of(d!)
    expect(forget.mock.calls).toEqual([[second]])
    expect(targets.of(a)).toBe(first)
    expect(targets.of(b!)).not.toBe(second)
  })

  it('are forgotten when tables grow', () => {
    const { targets, forget } = start(30)
    const [a, b] = [targets.of(named('a')), targets.of(named('b'))]
    Object.assign(b.plan, { bytes: 25 })
    targets.trim()
    expect(forget.mock.calls).toEqual([[a]])
  })

  it('are kept while an Issuer uses them, and the one in use is kept in any case', () => {
    const { targets, forget } = start(5)
    const pinned = targets.of(named('a'))
    pinned.pins = 1
    const second = targets.of(named('b'))
    targets.of(named('c'))
    expect(forget.mock.calls).toEqual([[second]])
  })

  it('are bounded in number even without tables', () => {
    const { targets, forget } = start(100, 0)
    for (let i = 0; i < 100; i++) targets.of(named(String(i)))
    expect(forget).toHaveBeenCalledTimes(36)
  })
})
