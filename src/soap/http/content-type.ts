/** The Content-Type of a SOAP 1.2 message (RFC 3902). */
export interface ContentType {
  /** In lower case: `application/soap+xml`. */
  readonly mediaType: string
  /** In lower case. */
  readonly charset: string | undefined
  readonly action: string | undefined
}

export const SOAP_MEDIA_TYPE = 'application/soap+xml'

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const MEDIA_TYPE = new RegExp(`^[ \\t]*(${TOKEN}/${TOKEN})`)
/** RFC 9110, section 5.6.6: values are tokens or quoted strings; empty parameters are skipped. */
const PARAMETER = new RegExp(
  `[ \\t]*;[ \\t]*(?:(${TOKEN})=(?:(${TOKEN})|"((?:[\\t \\x21\\x23-\\x5B\\x5D-\\x7E\\x80-\\uFFFF]|\\\\[\\t \\x21-\\x7E\\x80-\\uFFFF])*)"))?`,
  'y',
)
/** An action without the quotes that a URI needs. Some clients leave them out. */
const BARE_ACTION = /[ \t]*;[ \t]*action=([^\s;"]+)/iy

/**
 * Reads a Content-Type with parameters in any order, quoted or not. Undefined if it is malformed or has a parameter twice.
 */
export function parseContentType(header: string): ContentType | undefined {
  const [start, mediaType] = MEDIA_TYPE.exec(header) ?? []
  if (start === undefined || mediaType === undefined) return undefined
  const parameters = new Map<string, string>()
  const end = header.trimEnd().length
  let at = start.length
  while (at < end) {
    PARAMETER.lastIndex = BARE_ACTION.lastIndex = at
    const [bare, action] = BARE_ACTION.exec(header) ?? []
    const match = bare === undefined ? PARAMETER.exec(header) : [bare, 'action', action]
    if (match === null) return undefined
    const [matched = '', written, token, quoted] = match
    at += matched.length
    if (written === undefined) continue
    const name = written.toLowerCase()
    const value = token ?? quoted?.replace(/\\(.)/g, '$1')
    if (parameters.has(name)) return undefined
    parameters.set(name, value ?? '')
  }
  return {
    mediaType: mediaType.toLowerCase(),
    charset: parameters.get('charset')?.toLowerCase(),
    action: parameters.get('action'),
  }
}

/** Whether a body of this type can be read: SOAP 1.2 in UTF-8, which is what XML without a charset is. */
export function isSoapInUtf8({ mediaType, charset }: ContentType): boolean {
  return mediaType === SOAP_MEDIA_TYPE && (charset === undefined || charset === 'utf-8')
}
