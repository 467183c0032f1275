// What a thief or a cheat could do with a presentation. Its XML is canonical, so a search in the text finds the place.
export type Tampering = 'resend' | 'change' | 'flip'
export interface Tampered {
  readonly xml: string
  /** The fact that was changed, and into what. */
  readonly from?: string
  readonly to?: string
}

const others: Record<string, string> = { no: 'yes', yes: 'no', SE: 'NO', DE: 'NO' }

/** Copies of a presentation; undefined if there is nothing of the kind in it. */
export const tamperings: Record<Tampering, (xml: string) => Tampered | undefined> = {
  resend: (xml) => ({ xml }),

  /** The first fact says something else. */
  change(xml) {
    const [whole = '', tag = '', from = ''] = /(<up:Attribute Index="\d+">)([^<]+)/.exec(xml) ?? []
    const to = others[from] ?? 'Robin'
    return from === '' ? undefined : { xml: xml.replace(whole, tag + to), from, to }
  },

  /** The lowest bit of the first number of the proof. */
  flip(xml) {
    const flipped = xml.replace(/(<up:R0>)([^<]+)/, (_, tag: string, base64: string) => {
      const octets = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
      octets[octets.length - 1] = (octets.at(-1) ?? 0) ^ 1
      return tag + btoa(String.fromCharCode(...octets))
    })
    return { xml: flipped }
  },
}
