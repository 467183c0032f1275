import { readdirSync, readFileSync } from 'node:fs'
import { pseudorandom } from '../../../bindings/testing/differential.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { PkiError } from '../errors.js'
import { parseSignedData } from '../requests/cms.js'

const vectors = new URL('../../../vectors/', import.meta.url)

const filesOf = (folder: string, names: RegExp): Octets[] =>
  readdirSync(new URL(folder, vectors))
    .filter((name) => names.test(name))
    .sort()
    .map((name) => new Uint8Array(readFileSync(new URL(`${folder}${name}`, vectors))))

const requests = [...filesOf('requests/csr/', /\.der$/), ...filesOf('wstep/', /request\.der$/)]
const messages = [...filesOf('requests/cmc/', /\.der$/), ...filesOf('wstep/', /(response|renewal)\.der$/)]

/** The certificates inside of a message. */
function certificatesIn(message: Octets): Octets[] {
  try {
    return parseSignedData(message).certificates.map((certificate) => certificate.slice())
  } catch (error) {
    if (error instanceof PkiError) return []
    throw error
  }
}

/** The requests, certificates and CMS of `vectors/`: odd ones among them. */
export const artefacts = {
  request: requests,
  certificate: [...filesOf('wstep/', /certificate\.der$/), ...messages.flatMap(certificatesIn)],
  cms: messages,
} as const

export type ArtefactKind = keyof typeof artefacts

/**
 * An artefact of `vectors/` with up to two places changed, of which one in four is not: a bit, an octet, a piece lost or doubled. The same
 * number gives the same mutant.
 */
export function derMutant(number: number): { readonly kind: ArtefactKind; readonly octets: Octets } {
  const below = pseudorandom(number)
  const kind = (['request', 'certificate', 'cms'] as const)[below(3)] ?? 'cms'
  const octets = Array.from(artefacts[kind][below(artefacts[kind].length)] ?? [])
  for (let changes = [0, 1, 1, 2][below(4)] ?? 0; changes > 0; changes--) {
    const at = below(octets.length)
    const length = 1 + below(8)
    const [replacement, removed] = [
      [[(octets[at] ?? 0) ^ (1 << below(8))], 1],
      [[below(256)], 1],
      [[], length],
      [octets.slice(at, at + length), 0],
    ][below(4)] as [number[], number]
    octets.splice(at, removed, ...replacement)
  }
  return { kind, octets: Uint8Array.from(octets) }
}
