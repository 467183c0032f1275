import { provided } from './platform.js'

// Encoders and decoders are made when they are needed: jsdom and some engines have none when this module is loaded.

/** The UTF-8 encoding of text; lone surrogates become U+FFFD. Throws `EngineError` (`engine/platform`). */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  // For short ASCII text this takes less time than a call of the encoder.
  if (text.length < 64) {
    const ascii = new Uint8Array(text.length)
    let codes = 0
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      ascii[i] = code
      codes |= code
    }
    if (codes < 0x80) return ascii
  }
  return new (provided('TextEncoder'))().encode(text)
}

/** The text of octets; what is not UTF-8 becomes U+FFFD. Throws `EngineError` (`engine/platform`). */
export function decodeText(octets: Uint8Array): string {
  return (lenient ??= decoder()).decode(octets)
}

/** The text of octets with its byte order mark, if it has one; undefined if they are not UTF-8. Throws `EngineError` (`engine/platform`). */
export function strictText(octets: Uint8Array): string | undefined {
  strict ??= decoder({ fatal: true, ignoreBOM: true })
  try {
    return strict.decode(octets)
  } catch {
    // Not by its class: a decoder of another realm throws that realm's TypeError.
    return undefined
  }
}

let lenient: TextDecoder | undefined
let strict: TextDecoder | undefined

function decoder(options?: TextDecoderOptions): TextDecoder {
  return new (provided('TextDecoder'))('utf-8', options)
}
