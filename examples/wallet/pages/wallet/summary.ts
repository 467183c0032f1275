// What a presentation shows, and to whom, as the wallet and the phone say it.
import { facts, h } from '../shared/dom.js'
import { claimName, texts, valueOf } from '../shared/language.js'
import type { Summary } from './second-device.js'

export function summaryView(shown: Omit<Summary, 'id'>, hasDevice = false): HTMLElement {
  const { name, party, claims, recognise } = shown
  const { kinds, party: words, phone, wallet } = texts()
  const { hostname, port } = new URL(party)
  return facts([
    [
      phone.to,
      h('span', {}, name, h('br'), h('span', { class: 'hint' }, hostname, h('wbr'), port === '' ? '' : `:${port}`)),
    ],
    ...claims.map(({ type, value }) => [claimName(type), valueOf(type, value)] as const),
    ...(recognise ? ([[kinds['identifier'] ?? '', wallet.number]] as const) : []),
    ...(hasDevice ? ([[wallet.device, words.approved]] as const) : []),
    ...(claims.length === 0 && !recognise ? ([[wallet.certified, wallet.byOffice]] as const) : []),
  ])
}
