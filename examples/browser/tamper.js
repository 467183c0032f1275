// Changes that an attacker could make to a presentation. The XML is canonical, so a search in its text works.

/** A copy with the first disclosed claim changed; undefined if none is disclosed. @param {string} xml */
export function changeClaim(xml) {
  const changed = xml.replace(/(<up:Attribute Index="\d+">)([^<]+)/, (_, tag, value) => `${tag}${value} II`)
  return changed === xml ? undefined : changed
}

/** A copy with the lowest bit of the response r_0 flipped. @param {string} xml */
export function flipBit(xml) {
  return xml.replace(/(<up:R0>)([^<]+)/, (_, tag, base64) => {
    const octets = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    octets[octets.length - 1] = (octets.at(-1) ?? 0) ^ 1
    return tag + btoa(String.fromCharCode(...octets))
  })
}
