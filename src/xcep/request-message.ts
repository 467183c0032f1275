import { parseInstant, writeInstant } from '../soap/envelope/text.js'
import type { ParseOptions } from '../xml/parse.js'
import { inputElement, type XmlInput } from '../xml/reader.js'
import type { XmlElement } from '../xml/tree.js'
import { XcepError } from './errors.js'
import { field, Fields, group, nil, readInteger, textOf } from './fields.js'
import { XCEP, xcep } from './names.js'
import type { PolicyRequest } from './policies.js'

const MAX_LANGUAGE = 64
/** The most templates that one request may name by OID. */
const MAX_TEMPLATES = 1000

/**
 * The request in an xcep:GetPolicies element. Elements of other namespaces are ignored. [MS-XCEP] 3.1.4.1.2.1
 *
 * Throws `XmlError`, `XcepError` (`xcep/request`, `xcep/client`, `xcep/filter`).
 */
export function readPolicyRequest(input: XmlInput, limits?: ParseOptions): PolicyRequest {
  const request = inputElement(input, 'GetPolicies', XCEP, () => new XcepError('xcep/request'), limits)
  const fields = new Fields(request, 'xcep/request')
  const client = fields.element('client')
  if (client === undefined || client.elements.length === 0) throw new XcepError('xcep/client')
  const about = new Fields(client, 'xcep/client')
  const language = about.text('preferredLanguage')
  return {
    lastUpdate: readLastUpdate(about.text('lastUpdate')),
    preferredLanguage: language === undefined || language.length > MAX_LANGUAGE ? undefined : language,
    ...readFilter(fields.element('requestFilter')),
  }
}

/** Windows writes the time without a zone, in UTC, and the year 1 for "never". */
function readLastUpdate(text: string | undefined): Date | undefined {
  if (text === undefined || text === '') return undefined
  const time = parseInstant(text) ?? parseInstant(`${text}Z`)
  if (time === undefined) throw new XcepError('xcep/client')
  return time
}

function readFilter(filter: XmlElement | undefined): Partial<PolicyRequest> {
  if (filter === undefined) return {}
  const fields = new Fields(filter, 'xcep/filter')
  const templates = fields
    .fields('policyOIDs')
    ?.all('oid')
    .map((oid) => textOf(oid, 'xcep/filter'))
  if (templates !== undefined && templates.length > MAX_TEMPLATES) throw new XcepError('xcep/filter')
  const version = (name: string): number | undefined => {
    const text = fields.text(name)
    return text === undefined ? undefined : readInteger(text, 'xcep/filter', -(2 ** 31))
  }
  return { templates, clientVersion: version('clientVersion'), serverVersion: version('serverVersion') }
}

/** The xcep:GetPolicies element of a request. Throws `SoapError` (`soap/date-time`), `XmlError` (`xml/character`). */
export function writePolicyRequest(request: PolicyRequest): XmlElement {
  const { lastUpdate, preferredLanguage, templates, clientVersion, serverVersion } = request
  const isFiltered = [templates, clientVersion, serverVersion].some((part) => part !== undefined)
  return xcep(
    'GetPolicies',
    {},
    xcep(
      'client',
      {},
      field('lastUpdate', lastUpdate && writeInstant(lastUpdate)),
      field('preferredLanguage', preferredLanguage),
    ),
    isFiltered
      ? xcep(
          'requestFilter',
          {},
          group(
            'policyOIDs',
            templates?.map((oid) => xcep('oid', {}, oid)),
          ),
          field('clientVersion', clientVersion),
          field('serverVersion', serverVersion),
        )
      : nil('requestFilter'),
  )
}
