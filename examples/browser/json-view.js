// A JWS, taken apart and put together again: header, message, and the presentation in the place of a signature.

const shown = 48

/** @param {string} part */
function decode(part) {
  const octets = atob(part.replace(/-/g, '+').replace(/_/g, '/'))
  return new TextDecoder().decode(Uint8Array.from(octets, (character) => character.charCodeAt(0)))
}

/** @param {string} text */
function encode(text) {
  const octets = btoa(String.fromCharCode(...new TextEncoder().encode(text)))
  return octets.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

/** Readable JSON of the three parts, long values shortened. @param {string} jws */
export function prettyJws(jws) {
  const [header, message, presentation] = jws.split('.').map((part) => JSON.parse(decode(part)))
  return JSON.stringify({ header, message, presentation }, (_name, value) => shorten(value), 2)
}

/** @param {unknown} value */
function shorten(value) {
  if (typeof value !== 'string' || value.length <= shown) return value
  return `${value.slice(0, shown / 2)} … ${value.slice(-8)} (${value.length} characters)`
}

/** @param {string} jws @param {(presentation: any) => void} change */
function withChanged(jws, change) {
  const [header = '', message = '', signature = ''] = jws.split('.')
  const presentation = JSON.parse(decode(signature))
  change(presentation)
  return [header, message, encode(JSON.stringify(presentation))].join('.')
}

/** A copy with the first disclosed claim changed. @param {string} jws */
export function changeJsonClaim(jws) {
  return withChanged(jws, ({ pp }) => {
    const [index = ''] = Object.keys(pp.A ?? {})
    if (index !== '') pp.A[index] = encode(`${decode(pp.A[index])} II`)
  })
}

/** A copy with the lowest bit of the response r_0 flipped. @param {string} jws */
export function flipJsonBit(jws) {
  return withChanged(jws, ({ pp }) => {
    const octets = atob(pp.r[0].replace(/-/g, '+').replace(/_/g, '/'))
    const changed = Uint8Array.from(octets, (character) => character.charCodeAt(0))
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
    const base64 = btoa(String.fromCharCode(...changed))
    pp.r[0] = base64.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
  })
}
