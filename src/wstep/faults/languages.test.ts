import { describe, expect, it } from 'vitest'
import { CAUSES, type CauseCode } from './causes.js'
import { checkLanguages, chooseLanguage, LANGUAGES, selectLanguages } from './languages.js'
import { ENGLISH, FRENCH, GERMAN, JAPANESE } from './texts.js'

describe('a language', () => {
  it.each([
    ['en-US', 'en-US', ENGLISH],
    ['de-DE', 'de-DE', GERMAN],
    ['fr-FR', 'fr-FR', FRENCH],
    ['ja-JP', 'ja-JP', JAPANESE],
    ['DE-de', 'de-DE', GERMAN],
    [' ja-JP ', 'ja-JP', JAPANESE],
    ['de-AT', 'de', GERMAN],
    ['de-CH-1996', 'de', GERMAN],
    ['fr-x-anything', 'fr', FRENCH],
    ['de-DE-u-co-phonebk', 'de-DE', GERMAN],
    ['ja', 'ja', JAPANESE],
  ])('%s gets %s', (preferred, tag, texts) => {
    const language = chooseLanguage(preferred, LANGUAGES)
    expect(language.tag).toBe(tag)
    expect(language.texts).toBe(texts)
  })

  it.each([undefined, '', '-', '--', 'x', 'tlh', 'dex', 'd', '*', 'de_DE', `de-${'a'.repeat(100_000)}`])(
    'that is not supported (%.20s) is the default',
    (preferred) => {
      expect(chooseLanguage(preferred, LANGUAGES).tag).toBe('en-US')
      expect(chooseLanguage(preferred, { ...LANGUAGES, default: 'fr-FR' }).texts).toBe(FRENCH)
    },
  )

  it('by default must be supported', () => {
    expect(() => checkLanguages(LANGUAGES)).not.toThrow()
    expect(() => checkLanguages({ ...LANGUAGES, default: 'it-IT' })).toThrow(
      expect.objectContaining({ code: 'wstep/default-language' }),
    )
  })
})

describe('texts', () => {
  it.each([
    ['de', GERMAN],
    ['fr', FRENCH],
    ['ja', JAPANESE],
  ])('in %s are those of English, translated', (_, texts) => {
    expect(Object.keys(texts)).toEqual(Object.keys(ENGLISH))
    for (const [key, text] of Object.entries(texts)) {
      expect(text.trim(), key).not.toBe('')
      expect(text, key).not.toBe(ENGLISH[key as keyof typeof ENGLISH])
    }
  })

  it('are there for every cause that a client is told of', () => {
    expect(Object.keys(CAUSES)).not.toEqual([])
    for (const [code, { english }] of Object.entries(CAUSES)) expect(ENGLISH[code as CauseCode]).toBe(english)
  })

  it('that clients compare begin as they expect', () => {
    expect(ENGLISH.issued.slice(0, 6)).toBe('Issued')
    expect(ENGLISH.pending.slice(0, 22)).toBe('Taken Under Submission')
  })
})

describe('some of the languages', () => {
  it('are those that were named, for their dialects too', () => {
    const languages = selectLanguages(['de-DE', 'ja-JP'], 'de-DE')
    expect([...languages.supported.keys()]).toEqual(['de-DE', 'ja-JP', 'de', 'ja'])
    expect(chooseLanguage('ja-JP-x', languages).tag).toBe('ja-JP')
    expect(chooseLanguage('fr-FR', languages).tag).toBe('de-DE')
  })

  it('have their default among them', () => {
    expect(() => selectLanguages(['de-DE'], 'en-US')).toThrow(
      expect.objectContaining({ code: 'wstep/default-language' }),
    )
  })
})
