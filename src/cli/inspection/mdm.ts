import { decodeBase64 } from '../../../bindings/octets/base64.js'
import { UProveError } from '../../../bindings/errors.js'
import type { Engine } from '../../index.js'
import { WSSE } from '../../soap/envelope/names.js'
import { WST } from '../../ws-trust/syntax/names.js'
import { parseXml } from '../../xml/parse.js'
import type { XmlElement } from '../../xml/tree.js'
import { explainDer } from './der.js'
import { some, type ExplainedArtefact, type Facts } from './facts.js'
import { Inspection } from './inspection.js'

// Mobile device management, [MS-MDE2]: a protocol of its own that takes WSTEP's envelope. The service refuses its messages, see
// docs/interop.md; here they are explained as far as they are XML, base64 and X.509.

/** [MS-MDE2] 3.1.4.1. */
const DISCOVERY = 'http://schemas.microsoft.com/windows/management/2012/01/enrollment'
/** [MS-MDE2] 3.4.4.1. */
const DEVICE_TOKEN = 'http://schemas.microsoft.com/5.0.0.0/ConfigurationManager/Enrollment/DeviceEnrollmentToken'

/** Whether an element is a message of [MS-MDE2] that is not also one of [MS-XCEP]. */
export function isOfMdm(element: XmlElement): boolean {
  if (element.namespace === DISCOVERY) return ['Discover', 'DiscoverResponse'].includes(element.localName)
  if (element.namespace !== WST) return false
  const has = (candidate: XmlElement): boolean =>
    (candidate.is(WST, 'TokenType') && candidate.text?.trim() === DEVICE_TOKEN) || candidate.elements.some(has)
  return has(element)
}

/** Explains a message of [MS-MDE2] as far as it can be read. */
export async function explainMdm(element: XmlElement, engine: Engine): Promise<ExplainedArtefact> {
  if (element.namespace === DISCOVERY) {
    const artefact = element.localName === 'Discover' ? 'MDM request for discovery' : 'MDM answer to discovery'
    return { artefact, facts: Object.fromEntries(leavesOf(element)) }
  }
  const isRequest = element.localName === 'RequestSecurityToken'
  const all = descendantsOf(element)
  const items = all
    .filter(({ localName }) => localName === 'ContextItem')
    .map((item): [string, string] => [item.attribute('Name') ?? '?', item.elements[0]?.text ?? ''])
  const token = all.find((one) => one.is(WSSE, 'BinarySecurityToken'))
  return {
    artefact: isRequest ? 'MDM request for a device certificate' : 'MDM answer with a provisioning document',
    facts: {
      request: all.find(({ localName }) => localName === 'RequestID')?.text,
      context: some(items.map(([name, value]) => `${name}: ${value}`)),
      ...(token && (await ofToken(token, engine))),
    },
  }
}

/** A request in PKCS#10 or CMS, or a document with certificates. */
async function ofToken(token: XmlElement, engine: Engine): Promise<Facts> {
  const form = token.attribute('ValueType')?.split(/[#/]/).at(-1)
  const octets = decodeBase64(token.text?.replace(/\s/g, '') ?? '')
  if (octets === undefined) return { token: 'not base64' }
  try {
    if (octets[0] === 0x30) {
      const { artefact, facts } = await explainDer(octets, new Inspection(engine))
      return { [artefact]: facts }
    }
    return { document: form, ...(await ofProvisioning(parseXml(octets), engine)) }
  } catch (error) {
    if (!(error instanceof UProveError)) throw error
    return { token: `${form ?? 'unknown'}, cannot be read (${error.code})` }
  }
}

/** The certificates of a wap-provisioningdoc. Its other settings may be secret, and only their places are named. */
async function ofProvisioning(document: XmlElement, engine: Engine): Promise<Facts> {
  const found = descendantsOf(document).flatMap((parameter) => {
    const der =
      parameter.attribute('name') === 'EncodedCertificate'
        ? decodeBase64(parameter.attribute('value') ?? '')
        : undefined
    return der === undefined ? [] : [der]
  })
  const inspection = new Inspection(engine)
  for (const der of found) inspection.add(der)
  const places = descendantsOf(document).flatMap((one) =>
    one.localName === 'characteristic' ? [one.attribute('type') ?? ''] : [],
  )
  return {
    sections: some([...new Set(places)]),
    certificates: some(await Promise.all(found.map(async (der) => (await explainDer(der, inspection)).facts))),
  }
}

const descendantsOf = (element: XmlElement): XmlElement[] => [
  element,
  ...element.elements.flatMap((child) => descendantsOf(child)),
]

/** The elements without children, by name. */
const leavesOf = (element: XmlElement): [string, string][] =>
  descendantsOf(element).flatMap((one): [string, string][] =>
    one.elements.length === 0 && one.text !== undefined ? [[one.localName, one.text]] : [],
  )
