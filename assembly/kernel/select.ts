/**
 * dst = entry `index` of `count` entries of `bytes` bytes, all of which are read: neither time nor addresses depend on
 * the index. Entries are a multiple of 8 bytes long; what lies up to 8 bytes behind the last one is read and not used.
 * Padding is selected too, so that of a table to select from must be zero, as it is in memory that was just allocated.
 */
export function selectVectors(dst: usize, table: usize, bytes: i32, count: i32, index: i32): void {
  const wanted = i64x2.splat(<i64>index), one = i64x2.splat(1)
  let at: i32 = 0
  // Four vectors of every entry a pass.
  for (; at + 64 <= bytes; at += 64) {
    let r0 = i64x2.splat(0), r1 = r0, r2 = r0, r3 = r0, i = r0
    let entry = table + at
    for (let left = count; left > 0; left--) {
      const mask = i64x2.eq(i, wanted)
      r0 = v128.or(r0, v128.and(mask, v128.load(entry)))
      r1 = v128.or(r1, v128.and(mask, v128.load(entry, 16)))
      r2 = v128.or(r2, v128.and(mask, v128.load(entry, 32)))
      r3 = v128.or(r3, v128.and(mask, v128.load(entry, 48)))
      i = i64x2.add(i, one)
      entry += bytes
    }
    v128.store(dst + at, r0)
    v128.store(dst + at, r1, 16)
    v128.store(dst + at, r2, 32)
    v128.store(dst + at, r3, 48)
  }
  for (; at < bytes; at += 16) {
    let r0 = i64x2.splat(0), i = r0
    let entry = table + at
    for (let left = count; left > 0; left--) {
      r0 = v128.or(r0, v128.and(i64x2.eq(i, wanted), v128.load(entry)))
      i = i64x2.add(i, one)
      entry += bytes
    }
    // The last 8 bytes of an entry that is no multiple of 16.
    if (at + 16 > bytes) v128.store64_lane(dst + at, r0, 0)
    else v128.store(dst + at, r0)
  }
}
