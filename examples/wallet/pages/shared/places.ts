// The characters of the story, and where they are: names below one host, on one port.
import { language } from './language.js'

export type Place = 'story' | 'claims' | 'wallet' | 'shop' | 'forum'

const port = location.port === '' ? '' : `:${location.port}`

export function originOf(place: Place): string {
  const host = place === 'story' ? 'localhost' : `${place}.localhost`
  return `${location.protocol}//${host}${port}`
}

/** Which character this page is. */
export const here = ((): Place => {
  const [name = ''] = location.hostname.split('.')
  return name === 'localhost' ? 'story' : (name as Place)
})()

/** An address at another character. What follows `#` never reaches a server. */
export function addressOf(place: Place, fragment: Record<string, string> = {}): string {
  return withFragment(originOf(place), fragment)
}

export function withFragment(origin: string, fragment: Record<string, string>): string {
  const hash = new URLSearchParams(fragment).toString()
  return `${origin}/?lang=${language()}${hash === '' ? '' : `#${hash}`}`
}

/** What the page that sent the person here has put behind `#`. It is read once: a reload must not repeat it. */
export function takeFragment(): URLSearchParams {
  const fragment = new URLSearchParams(location.hash.slice(1))
  history.replaceState(null, '', location.pathname)
  return fragment
}
