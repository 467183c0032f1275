import { describe, expect, it } from 'vitest'
import { pseudorandom } from '../testing/differential.js'
import { Core, type CommonExports } from './core.js'
import { Workspace } from './workspace.js'

const page = 65_536
/** Not aligned, so that the first block shows the alignment. */
const heapBase = 1001
const firstPointer = 1008

/** A core without arithmetic, with some pages of memory. */
function coreOf(pages: number, maximum = 100): Core<CommonExports> {
  const memory = new WebAssembly.Memory({ initial: pages, maximum })
  const wipe = (pointer: number, bytes: number): void => void new Uint8Array(memory.buffer, pointer, bytes).fill(0)
  return new Core('scalar', { memory, heapBase: () => heapBase, wipe } as unknown as CommonExports)
}

describe('the memory of a core', () => {
  it('is given out in aligned blocks, one behind the other', () => {
    const core = coreOf(1)
    expect([1, 16, 17, 40].map((bytes) => core.allocate(bytes))).toEqual([
      firstPointer,
      firstPointer + 16,
      firstPointer + 32,
      firstPointer + 64,
    ])
    expect(core.allocatedBytes).toBe(16 + 16 + 32 + 48)
  })

  it('grows by as many pages as a block needs, with what the core reads beyond it', () => {
    const core = coreOf(1)
    // Up to the last octet that is there.
    core.allocate(page - firstPointer - 32)
    expect(core.octets).toHaveLength(page)
    core.allocate(16)
    expect(core.octets).toHaveLength(2 * page)
    core.allocate(3 * page)
    expect(core.octets).toHaveLength(5 * page)
  })

  it('does not grow where it is large enough, and stays the same view of it', () => {
    const core = coreOf(4)
    const { octets } = core
    const pointer = core.allocate(100)
    expect(core.octets).toBe(octets)
    octets[pointer] = 5
    core.allocate(5 * page)
    expect(octets).toHaveLength(0)
    expect(core.octets[pointer]).toBe(5)
    expect(core.octets).toBe(core.octets)
  })

  it('is an error with a code where it cannot grow; what was given out before stays', () => {
    const core = coreOf(1, 2)
    const before = core.allocate(100)
    core.octets[before] = 7
    expect(() => core.allocate(2 * page)).toThrow(
      expect.objectContaining({ code: 'engine/out-of-memory', cause: expect.any(RangeError) as unknown }),
    )
    expect([core.octets[before], core.allocatedBytes]).toEqual([7, 112])
    expect(core.allocate(100)).toBe(before + 112)
  })

  it('is wiped and given out again when it is given back', () => {
    const core = coreOf(1)
    const [first, second] = [core.allocate(64), core.allocate(64)]
    core.octets.fill(0xff, first, second + 64)
    core.release(first)
    expect(core.octets.subarray(first, second)).toEqual(new Uint8Array(64))
    expect(core.octets.subarray(second, second + 64)).toEqual(new Uint8Array(64).fill(0xff))
    expect(core.allocatedBytes).toBe(64)
    // What fits is taken piece by piece; what does not comes from the end.
    expect(core.allocate(65)).toBe(second + 64)
    expect([16, 32, 16, 16].map((bytes) => core.allocate(bytes))).toEqual([first, first + 16, first + 48, second + 144])
  })

  it('is one block again once all of it is given back, in whatever order', () => {
    const draw = pseudorandom(1)
    for (let round = 0; round < 50; round++) {
      const core = coreOf(1)
      const blocks = Array.from({ length: 6 }, () => core.allocate(1 + draw(100)))
      const end = core.allocate(1)
      const order = blocks.map((pointer) => ({ pointer, key: draw(1e6) })).sort((a, b) => a.key - b.key)
      for (const { pointer } of order) core.release(pointer)
      expect(core.allocatedBytes).toBe(16)
      expect(core.allocate(end - firstPointer)).toBe(firstPointer)
      expect(core.allocate(1)).toBe(end + 16)
    }
  })

  it('never gives out what is in use', () => {
    const draw = pseudorandom(2)
    const core = coreOf(1)
    const used = new Map<number, number>()
    for (let i = 0; i < 2000; i++) {
      const pointers = [...used.keys()]
      if (pointers.length > 0 && draw(2) === 0) {
        const pointer = pointers[draw(pointers.length)]!
        const bytes = used.get(pointer)!
        // Nobody else has written there.
        expect(new Set(core.octets.subarray(pointer, pointer + bytes))).toEqual(new Set([pointer & 0xff || 1]))
        core.release(pointer)
        used.delete(pointer)
      } else {
        const bytes = 1 + draw(200)
        const pointer = core.allocate(bytes)
        expect(core.octets.subarray(pointer, pointer + bytes)).toEqual(new Uint8Array(bytes))
        core.octets.fill(pointer & 0xff || 1, pointer, pointer + bytes)
        used.set(pointer, bytes)
      }
    }
    for (const pointer of used.keys()) core.release(pointer)
    expect(core.allocatedBytes).toBe(0)
  })

  it('is not given back twice, nor where nothing begins', () => {
    const core = coreOf(1)
    const pointer = core.allocate(64)
    expect(() => core.release(pointer + 16)).toThrow(RangeError)
    core.release(pointer)
    expect(() => core.release(pointer)).toThrow(RangeError)
  })

  it('holds words in the order of its octets, and can be wiped as a whole', () => {
    const core = coreOf(1)
    const pointer = core.allocate(16)
    core.writeWords(pointer, [0x01020304, 0xfffffffe])
    expect([...core.octets.subarray(pointer, pointer + 12)]).toEqual([4, 3, 2, 1, 0xfe, 0xff, 0xff, 0xff, 0, 0, 0, 0])
    core.wipe()
    expect(core.octets.every((octet) => octet === 0)).toBe(true)
  })
})

describe('a workspace', () => {
  it('gives each piece room, aligned, with what the core reads beyond it', () => {
    const workspace = new Workspace(coreOf(1))
    const [first, second, third, fourth] = workspace.room(8, 9, 100, 1)
    expect([first, second - first, third - second, fourth - third]).toEqual([firstPointer, 16, 32, 112])
  })

  it('takes 8 kB at first, and more only where that is not enough: a power of two, in place of what it had', () => {
    const core = coreOf(1)
    const workspace = new Workspace(core)
    expect(core.allocatedBytes).toBe(0)
    workspace.room(8)
    expect(core.allocatedBytes).toBe(8192)
    workspace.room(8192 - 8)
    expect(core.allocatedBytes).toBe(8192)
    expect(workspace.room(8, 16)).toEqual([firstPointer, firstPointer + 16])
    workspace.room(8192)
    expect(core.allocatedBytes).toBe(16_384)
    const [pointer] = workspace.room(40_000)
    expect(core.allocatedBytes).toBe(65_536)
    expect(workspace.room(30_000)).toEqual([pointer])
  })

  it('is wiped and given back when it grows and at the end, once', () => {
    const core = coreOf(1)
    const workspace = new Workspace(core)
    const [pointer] = workspace.room(100)
    core.octets.fill(0xff, pointer, pointer + 100)
    workspace.room(10_000)
    expect(core.octets.every((octet) => octet === 0)).toBe(true)
    workspace.dispose()
    workspace.dispose()
    expect(core.allocatedBytes).toBe(0)
    // It can be used again, from the beginning.
    expect(workspace.room(100)).toEqual([pointer])
    expect(core.allocatedBytes).toBe(8192)
  })
})
