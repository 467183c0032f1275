import { known } from '../../../bindings/octets/lists.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { ENGLISH, FRENCH, GERMAN, JAPANESE, type Catalogue } from './texts.js'

/** SupportedLanguages and DefaultLanguage. [MS-WSTEP] 3.1.1 */
export interface Languages {
  /** A catalogue for each tag (RFC 5646), which becomes the xml:lang of its texts. */
  readonly supported: ReadonlyMap<string, Catalogue>
  /** One of these tags. */
  readonly default: string
}

/** English (the default), German, French and Japanese: each for its country, and for requests for one of its dialects. */
export const LANGUAGES: Languages = {
  supported: new Map([
    ['en-US', ENGLISH],
    ['de-DE', GERMAN],
    ['fr-FR', FRENCH],
    ['ja-JP', JAPANESE],
    ['en', ENGLISH],
    ['de', GERMAN],
    ['fr', FRENCH],
    ['ja', JAPANESE],
  ]),
  default: 'en-US',
}

/** Some of `LANGUAGES`, for requests for their dialects too. Throws `InvalidInputError` (`wstep/default-language`). */
export function selectLanguages(tags: readonly string[], byDefault: string): Languages {
  const named = tags.flatMap((tag) => [tag, ...tag.split('-').slice(0, 1)])
  const supported = new Map([...LANGUAGES.supported].filter(([tag]) => named.includes(tag)))
  checkLanguages({ supported, default: byDefault })
  return { supported, default: byDefault }
}

/** A language that was chosen. */
export interface Language {
  /** For xml:lang. */
  readonly tag: string
  readonly texts: Catalogue
}

/** Throws `InvalidInputError` (`wstep/default-language`) if the default is not one of the supported languages. */
export function checkLanguages({ supported, default: byDefault }: Languages): void {
  if (!supported.has(byDefault)) {
    throw new InvalidInputError('wstep/default-language', 'the default language must be a supported one')
  }
}

/** Longer than every tag in use; longer texts are ignored. */
const MAX_TAG = 64

/**
 * The language for a client: the preferred one if it is supported, else what the lookup of RFC 4647 (section 3.4) finds,
 * which drops subtags from the end; else the default. [MS-WSTEP] 3.1.4.2.1
 */
export function chooseLanguage(preferred: string | undefined, languages: Languages): Language {
  const { supported, default: byDefault } = languages
  let range = (preferred ?? '').trim().toLowerCase()
  if (range.length > MAX_TAG) range = ''
  while (range !== '') {
    for (const [tag, texts] of supported) if (tag.toLowerCase() === range) return { tag, texts }
    range = range.replace(/(?:^|-)[^-]*$/, '')
  }
  return { tag: byDefault, texts: known(supported.get(byDefault)) }
}
