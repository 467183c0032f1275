// The language of a page: as the link says, else as chosen before, else as the browser prefers.
import { german } from './german.js'
import { english, type Texts } from './english.js'

const all = { en: english, de: german }
export type Language = keyof typeof all
export const languages: Record<Language, string> = { en: 'English', de: 'Deutsch' }

const isLanguage = (name: string | null | undefined): name is Language => name === 'en' || name === 'de'

function chosen(): Language {
  const linked = new URLSearchParams(location.search).get('lang')
  const stored = localStorage.getItem('language')
  const preferred = navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage)
  return [linked, stored, preferred].find(isLanguage) ?? 'en'
}

let current = chosen()

export const language = (): Language => current

export function choose(next: Language): void {
  current = next
  localStorage.setItem('language', next)
}

/** The texts in the language of the page. */
export const texts = (): Texts => all[current]

export const dateOf = (date: Date | string): string =>
  new Intl.DateTimeFormat(current, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(date))
export const timeOf = (date: Date | string): string =>
  new Intl.DateTimeFormat(current, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(date))
/** An hour such as `2026-11-29T18`, which is written down in UTC, as the clock here shows it. */
export const hourOf = (hour: string): string =>
  new Intl.DateTimeFormat(current, { timeStyle: 'short' }).format(new Date(`${hour}:00Z`))
export const listOf = (items: readonly string[]): string => new Intl.ListFormat(current).format(items)

/** A claim's value in words: countries and dates as people write them. */
export function valueOf(type: string, value: string | null): string {
  const { yes, no } = texts().claims.values
  if (value === null) return '–'
  if (type === 'urn:example:over-18') return value === 'yes' ? yes : no
  if (type === 'urn:example:country' && /^[A-Z]{2}$/.test(value)) {
    return new Intl.DisplayNames(current, { type: 'region' }).of(value) ?? value
  }
  return type === 'urn:example:birth-date' && /^\d{4}-\d\d-\d\d$/.test(value) ? dateOf(value) : value
}

export function claimName(type: string): string {
  const { names } = texts().claims
  return names[type.replace('urn:example:', '') as keyof typeof names] ?? type
}
