import { describe, expect, it, vi } from 'vitest'
import { customGroups } from '../testing/groups.js'
import { P256 } from '../../src/params/P256.js'
import { Lifetime } from './lifetime.js'
import { requireCurve } from './operands.js'

const disposed: unknown = expect.objectContaining({
  code: 'engine/disposed',
  message: expect.stringContaining('the group') as unknown,
})

describe('a lifetime', () => {
  it('lasts until its end, or that of what it comes from', () => {
    const engine = new Lifetime('engine')
    const groups = [new Lifetime('group', engine), new Lifetime('group', engine)] as const
    const table = new Lifetime('table', groups[0])
    for (const each of [engine, ...groups, table]) each.check()
    groups[0].end()
    expect([engine, ...groups, table].map(({ ended }) => ended)).toEqual([false, true, false, true])
    expect(() => groups[0].check()).toThrow(disposed)
    engine.end()
    expect(groups[1].ended).toBe(true)
    expect(() => groups[1].check()).toThrow(disposed)
  })

  it('ends with what has memory of its own, which is disposed of once', () => {
    const engine = new Lifetime('engine')
    /** What disposes of its memory, then ends. */
    const owner = () => {
      const lifetime = new Lifetime('group', engine)
      const dispose = vi.fn(() => lifetime.end())
      lifetime.endWithParent({ dispose })
      return { lifetime, dispose }
    }
    const [first, second, third] = [owner(), owner(), owner()]
    second.dispose()
    engine.end()
    engine.end()
    expect([first, second, third].map(({ dispose }) => dispose.mock.calls.length)).toEqual([1, 1, 1])
    expect(first.lifetime.ended).toBe(true)
  })

  it('lets what has memory be disposed of while its engine still lasts', () => {
    const engine = new Lifetime('engine')
    const group = new Lifetime('group', engine)
    const ended: boolean[] = []
    group.endWithParent({ dispose: () => void ended.push(engine.ended) })
    engine.end()
    expect(ended).toEqual([false])
  })

  it('needs no parent', () => {
    const alone = new Lifetime('group')
    alone.endWithParent({ dispose: () => undefined })
    alone.end()
    expect(() => alone.check()).toThrow(disposed)
  })
})

it('a curve is told from a subgroup', () => {
  requireCurve(P256)
  expect(() => requireCurve(customGroups['1024/160 high']!)).toThrow(
    expect.objectContaining({ name: 'InvalidGroupError', code: 'group/not-curve' }),
  )
})
