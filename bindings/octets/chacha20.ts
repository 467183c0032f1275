/** Octets of a block. */
export const chacha20BlockLength = 64

/**
 * Writes a block of the key stream of ChaCha20 (RFC 8439, section 2.3), 64 octets from `start`. The nonce is 0, so a key, eight words,
 * must serve for one stream only. Constant time. Words of the state are variables: with an array a block takes three times as long.
 */
// prettier-ignore
export function writeChacha20Block(output: DataView, start: number, key: Int32Array, counter: number): void {
  // "expand 32-byte k".
  const k0 = 0x61707865, k1 = 0x3320646e, k2 = 0x79622d32, k3 = 0x6b206574
  const s4 = key[0] ?? 0, s5 = key[1] ?? 0, s6 = key[2] ?? 0, s7 = key[3] ?? 0
  const s8 = key[4] ?? 0, s9 = key[5] ?? 0, s10 = key[6] ?? 0, s11 = key[7] ?? 0
  let x0 = k0, x1 = k1, x2 = k2, x3 = k3, x4 = s4, x5 = s5, x6 = s6, x7 = s7
  let x8 = s8, x9 = s9, x10 = s10, x11 = s11, x12 = counter | 0, x13 = 0, x14 = 0, x15 = 0
  for (let i = 0; i < 10; i++) {
    x0 = x0 + x4 | 0; x12 = rotate(x12 ^ x0, 16); x8 = x8 + x12 | 0; x4 = rotate(x4 ^ x8, 12); x0 = x0 + x4 | 0; x12 = rotate(x12 ^ x0, 8); x8 = x8 + x12 | 0; x4 = rotate(x4 ^ x8, 7)
    x1 = x1 + x5 | 0; x13 = rotate(x13 ^ x1, 16); x9 = x9 + x13 | 0; x5 = rotate(x5 ^ x9, 12); x1 = x1 + x5 | 0; x13 = rotate(x13 ^ x1, 8); x9 = x9 + x13 | 0; x5 = rotate(x5 ^ x9, 7)
    x2 = x2 + x6 | 0; x14 = rotate(x14 ^ x2, 16); x10 = x10 + x14 | 0; x6 = rotate(x6 ^ x10, 12); x2 = x2 + x6 | 0; x14 = rotate(x14 ^ x2, 8); x10 = x10 + x14 | 0; x6 = rotate(x6 ^ x10, 7)
    x3 = x3 + x7 | 0; x15 = rotate(x15 ^ x3, 16); x11 = x11 + x15 | 0; x7 = rotate(x7 ^ x11, 12); x3 = x3 + x7 | 0; x15 = rotate(x15 ^ x3, 8); x11 = x11 + x15 | 0; x7 = rotate(x7 ^ x11, 7)
    x0 = x0 + x5 | 0; x15 = rotate(x15 ^ x0, 16); x10 = x10 + x15 | 0; x5 = rotate(x5 ^ x10, 12); x0 = x0 + x5 | 0; x15 = rotate(x15 ^ x0, 8); x10 = x10 + x15 | 0; x5 = rotate(x5 ^ x10, 7)
    x1 = x1 + x6 | 0; x12 = rotate(x12 ^ x1, 16); x11 = x11 + x12 | 0; x6 = rotate(x6 ^ x11, 12); x1 = x1 + x6 | 0; x12 = rotate(x12 ^ x1, 8); x11 = x11 + x12 | 0; x6 = rotate(x6 ^ x11, 7)
    x2 = x2 + x7 | 0; x13 = rotate(x13 ^ x2, 16); x8 = x8 + x13 | 0; x7 = rotate(x7 ^ x8, 12); x2 = x2 + x7 | 0; x13 = rotate(x13 ^ x2, 8); x8 = x8 + x13 | 0; x7 = rotate(x7 ^ x8, 7)
    x3 = x3 + x4 | 0; x14 = rotate(x14 ^ x3, 16); x9 = x9 + x14 | 0; x4 = rotate(x4 ^ x9, 12); x3 = x3 + x4 | 0; x14 = rotate(x14 ^ x3, 8); x9 = x9 + x14 | 0; x4 = rotate(x4 ^ x9, 7)
  }
  const put = (i: number, word: number, initial: number): void => output.setInt32(start + 4 * i, (word + initial) | 0, true)
  put(0, x0, k0); put(1, x1, k1); put(2, x2, k2); put(3, x3, k3); put(4, x4, s4); put(5, x5, s5); put(6, x6, s6); put(7, x7, s7)
  put(8, x8, s8); put(9, x9, s9); put(10, x10, s10); put(11, x11, s11); put(12, x12, counter); put(13, x13, 0); put(14, x14, 0); put(15, x15, 0)
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
