// What a thief or a cheat could do with a presentation. Its XML is canonical, so a search in the text finds the place.
export type Tampering = 'resend' | 'change' | 'flip'

/** Copies of a presentation; undefined if there is nothing of the kind in it. */
export const tamperings: Record<Tampering, (xml: string) => string | undefined> = {
  resend: (xml) => xml,

  /** The first fact says something else. */
  change(xml) {
    const changed = xml.replace(/(<up:Attribute Index="\d+">)([^<]+)/, (_, tag: string, value: string) => {
      return tag + (value === 'no' ? 'yes' : value === 'yes' ? 'no' : `${value}X`)
    })
    return changed === xml ? undefined : changed
  },

  /** The lowest bit of the first number of the proof. */
  flip(xml) {
    return xml.replace(/(<up:R0>)([^<]+)/, (_, tag: string, base64: string) => {
      const octets = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
      octets[octets.length - 1] = (octets.at(-1) ?? 0) ^ 1
      return tag + btoa(String.fromCharCode(...octets))
    })
  },
}
