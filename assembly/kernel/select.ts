/**
 * dst = entry `index` of `count` entries of `bytes` bytes, all of which are read: neither time nor addresses depend on
 * the index. Entries are a multiple of 8 bytes long.
 */
// @ts-ignore: decorator
@inline export function select(dst: usize, table: usize, bytes: i32, count: i32, index: i32): void {
  if (ASC_FEATURE_SIMD) selectVectors(dst, table, bytes, count, index)
  else selectWords(dst, table, bytes, count, index)
}

function selectWords(dst: usize, table: usize, bytes: i32, count: i32, index: i32): void {
  for (let at = 0; at < bytes; at += 8) {
    let chosen: u64 = 0
    let entry = table + at
    for (let i = 0; i < count; i++) {
      // All ones if i == index: i ^ index is below 2^31, so subtracting 1 borrows only from zero.
      const mask = (<i64>(i ^ index) - 1) >> 63
      chosen |= load<u64>(entry) & mask
      entry += bytes
    }
    store<u64>(dst + at, chosen)
  }
}

/**
 * What lies up to 24 bytes behind the last entry is read and not used. Padding is selected too, so that of a table to
 * select from must be zero, as it is in memory that was just allocated.
 */
function selectVectors(dst: usize, table: usize, bytes: i32, count: i32, index: i32): void {
  const wanted = i64x2.splat(<i64>index),
    one = i64x2.splat(1)
  let at: i32 = 0
  // Seven vectors of every entry a pass: as many as fit into registers.
  for (; at + 112 <= bytes && at + 160 != bytes; at += 112) {
    let r0 = i64x2.splat(0),
      r1 = r0,
      r2 = r0,
      r3 = r0,
      r4 = r0,
      r5 = r0,
      r6 = r0,
      i = r0
    let entry = table + at
    for (let left = count; left > 0; left--) {
      const mask = i64x2.eq(i, wanted)
      r0 = v128.or(r0, v128.and(mask, v128.load(entry)))
      r1 = v128.or(r1, v128.and(mask, v128.load(entry, 16)))
      r2 = v128.or(r2, v128.and(mask, v128.load(entry, 32)))
      r3 = v128.or(r3, v128.and(mask, v128.load(entry, 48)))
      r4 = v128.or(r4, v128.and(mask, v128.load(entry, 64)))
      r5 = v128.or(r5, v128.and(mask, v128.load(entry, 80)))
      r6 = v128.or(r6, v128.and(mask, v128.load(entry, 96)))
      i = i64x2.add(i, one)
      entry += bytes
    }
    v128.store(dst + at, r0)
    v128.store(dst + at, r1, 16)
    v128.store(dst + at, r2, 32)
    v128.store(dst + at, r3, 48)
    v128.store(dst + at, r4, 64)
    v128.store(dst + at, r5, 80)
    v128.store(dst + at, r6, 96)
  }
  // Five: what is left of the entries of P-256, which have 80 or 160 bytes.
  for (; at + 80 <= bytes; at += 80) {
    let r0 = i64x2.splat(0),
      r1 = r0,
      r2 = r0,
      r3 = r0,
      r4 = r0,
      i = r0
    let entry = table + at
    for (let left = count; left > 0; left--) {
      const mask = i64x2.eq(i, wanted)
      r0 = v128.or(r0, v128.and(mask, v128.load(entry)))
      r1 = v128.or(r1, v128.and(mask, v128.load(entry, 16)))
      r2 = v128.or(r2, v128.and(mask, v128.load(entry, 32)))
      r3 = v128.or(r3, v128.and(mask, v128.load(entry, 48)))
      r4 = v128.or(r4, v128.and(mask, v128.load(entry, 64)))
      i = i64x2.add(i, one)
      entry += bytes
    }
    v128.store(dst + at, r0)
    v128.store(dst + at, r1, 16)
    v128.store(dst + at, r2, 32)
    v128.store(dst + at, r3, 48)
    v128.store(dst + at, r4, 64)
  }
  for (; at < bytes; at += 32) {
    let r0 = i64x2.splat(0),
      r1 = r0,
      i = r0
    let entry = table + at
    for (let left = count; left > 0; left--) {
      const mask = i64x2.eq(i, wanted)
      r0 = v128.or(r0, v128.and(mask, v128.load(entry)))
      r1 = v128.or(r1, v128.and(mask, v128.load(entry, 16)))
      i = i64x2.add(i, one)
      entry += bytes
    }
    // The last vectors of an entry, or half of one.
    store64(dst + at, r0, 0, bytes - at)
    store64(dst + at, r0, 8, bytes - at)
    store64(dst + at, r1, 16, bytes - at)
    store64(dst + at, r1, 24, bytes - at)
  }
}

/** Stores the half of a vector at `offset` mod 16, if `offset` is below `end`. */
// @ts-ignore: decorator
@inline function store64(dst: usize, vector: v128, offset: i32, end: i32): void {
  if (offset >= end) return
  if (offset & 8) v128.store64_lane(dst + offset, vector, 1)
  else v128.store64_lane(dst + offset, vector, 0)
}
