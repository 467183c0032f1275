// What a presentation shows, and to whom, as the wallet and the phone say it.
import { facts, h } from '../shared/dom.js'
import { claimName, texts, valueOf } from '../shared/language.js'
import type { Summary } from './second-device.js'

export function summaryView({ name, party, claims, recognise }: Omit<Summary, 'id'>): HTMLElement {
  const { phone, wallet } = texts()
  const { hostname, port } = new URL(party)
  return facts([
    [
      phone.to,
      h('span', {}, name, h('br'), h('span', { class: 'hint' }, hostname, h('wbr'), port === '' ? '' : `:${port}`)),
    ],
    ...claims.map(({ type, value }) => [claimName(type), valueOf(type, value)] as const),
    ...(recognise ? ([[wallet.recognition, wallet.number]] as const) : []),
    ...(claims.length === 0 && !recognise ? ([[wallet.certified, wallet.byOffice]] as const) : []),
  ])
}
