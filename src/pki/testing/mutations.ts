import fc from 'fast-check'

/** What changes octets in one to three places: bits, whole octets, pieces lost or doubled. */
export const mutations: fc.Arbitrary<(octets: Uint8Array) => Uint8Array<ArrayBuffer>> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('flip' as const, 'set' as const, 'drop' as const, 'double' as const),
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      value: fc.nat({ max: 255 }),
      length: fc.integer({ min: 1, max: 8 }),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map(
    (changes) => (octets: Uint8Array) =>
      changes.reduce((current, { kind, at, value, length }) => {
        const start = Math.floor(at * current.length)
        const [before, piece, after] = [
          current.subarray(0, start),
          current.subarray(start, start + length),
          current.subarray(start + length),
        ]
        switch (kind) {
          case 'flip':
            return current.map((octet, i) => (i === start ? octet ^ (1 << (value & 7)) : octet))
          case 'set':
            return current.map((octet, i) => (i === start ? value : octet))
          case 'drop':
            return Uint8Array.of(...before, ...after)
          case 'double':
            return Uint8Array.of(...before, ...piece, ...piece, ...after)
        }
      }, new Uint8Array(octets)),
  )
