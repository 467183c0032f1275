import { createEngine } from '../../../bindings/loading/create-engine.js'
import { explain, UnknownArtefactError } from '../../../src/cli/inspection/explain.js'
import { explainMdm, isOfMdm } from '../../../src/cli/inspection/mdm.js'
import { explainPolicies, isOfXcep } from '../../../src/cli/inspection/policies.js'
import { explainEnvelope, explainFault, explainWstep, isOfWstep } from '../../../src/cli/inspection/soap.js'
import { L2048N256 } from '../../../src/params/L2048N256.js'
import { readEnvelope } from '../../../src/soap/envelope/envelope.js'
import { readSecurityHeader } from '../../../src/soap/security/security-header.js'
import { readParametersDocument, writeParametersDocument } from '../../../src/ws-trust/artefacts/parameters-document.js'
import { readPresentationToken, writePresentationToken } from '../../../src/ws-trust/artefacts/presentation-token.js'
import { createIssuer, writeIssuerParameters } from '../../../src/ws-trust/artefacts/issuer-parameters.js'
import { issuanceBackend } from '../../../src/ws-trust/issuance/backend.js'
import { ClaimProvider, countsUpTo } from '../../../src/ws-trust/issuance/claim-provider.js'
import * as issuance from '../../../src/ws-trust/issuance/messages.js'
import { TokenClient } from '../../../src/ws-trust/issuance/token-client.js'
import { envelopeText, exchangeText, issueText, passwordText, queryText } from '../../../src/wstep/testing/exchange.js'
import { artefacts } from '../../../src/pki/testing/artefacts.js'
import { readRequest, writeRequest } from '../../../src/wstep/messages/request-message.js'
import { readResponse, writeResponse } from '../../../src/wstep/messages/response-message.js'
import { readPolicyRequest, writePolicyRequest } from '../../../src/xcep/request-message.js'
import { readPolicyResponse, writePolicyResponse } from '../../../src/xcep/response-message.js'
import { canonicalize } from '../../../src/xml/canonicalize.js'
import { parseXml } from '../../../src/xml/parse.js'
import type { XmlElement } from '../../../src/xml/tree.js'
import { checkForm, form, unlessRefused, unlessRefusedLater, utf8, type Form, type Target } from './property.js'

const xmlForm = <T>(read: (element: XmlElement) => T, write: (value: T) => XmlElement): Form<unknown> =>
  form(
    (input) => read(parseXml(input)),
    (value) => canonicalize(write(value)),
  )

/** All messages and artefacts that are read and written. */
const forms = [
  xmlForm(readRequest, writeRequest),
  xmlForm(readResponse, writeResponse),
  xmlForm(readPolicyRequest, writePolicyRequest),
  xmlForm(readPolicyResponse, writePolicyResponse),
  xmlForm(issuance.readTokenRequest, issuance.writeTokenRequest),
  xmlForm(issuance.readFirstResponse, issuance.writeFirstResponse),
  xmlForm(issuance.readSecondResponse, issuance.writeSecondResponse),
  xmlForm(issuance.readThirdResponse, issuance.writeThirdResponse),
  xmlForm(readParametersDocument, writeParametersDocument),
  xmlForm(readPresentationToken, writePresentationToken),
]

const policies = `<GetPoliciesResponse xmlns="http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><response><policyID>{id}</policyID><policyFriendlyName>a</policyFriendlyName>
 <nextUpdateHours>8</nextUpdateHours><policiesNotChanged xsi:nil="true"/><policies/></response><cAs xsi:nil="true"/><oIDs/></GetPoliciesResponse>`
const policyRequest = `<GetPolicies xmlns="http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><client><lastUpdate xsi:nil="true"/><preferredLanguage>en-US</preferredLanguage></client>
 <requestFilter><policyOIDs xsi:nil="true"/><clientVersion>6</clientVersion><serverVersion>0</serverVersion></requestFilter></GetPolicies>`

/** The messages of an exchange of tokens, and Issuer parameters. */
async function messagesOfTokens(): Promise<Uint8Array[]> {
  const issuer = createIssuer((await createEngine()).subgroup(L2048N256), {
    uidp: 'urn:p',
    issuer: 'urn:i',
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notOnOrAfter: new Date(Date.now() + 1e10),
    claimTypes: ['urn:name'],
    recommended: L2048N256,
  })
  const provider = new ClaimProvider({
    issuer,
    claims: () => ['Alice'],
    counts: countsUpTo({ claim: { byDefault: 1, atMost: 2 }, ID: { byDefault: 0, atMost: 0 } }),
    backend: issuanceBackend(issuer.issuer),
  })
  const exchange = new TokenClient({ parameters: issuer.parameters }).begin({ claim: 1 })
  const principal = { id: 'alice' }
  const first = await provider.request(principal, canonicalize(exchange.request))
  const second = exchange.respond(canonicalize(first))
  const third = await provider.respond(principal, canonicalize(second))
  const messages = [exchange.request, first, second, third, writeIssuerParameters(issuer.parameters)]
  return messages.map((message) => canonicalize(message))
}

export const soap: Target = {
  explores: 'SOAP envelopes and every message and artefact in XML: what is read is written and read again alike',
  words: [
    ...[
      '<s:Header>',
      '<a:Action>',
      '<a:MessageID>urn:uuid:',
      '<o:Security s:mustUnderstand="1">',
      '<u:Timestamp>',
      '<u:Created>2026-01-01T00:00:00Z',
      '<o:Nonce>',
      'xsi:nil="true"',
      'i:nil="1"',
    ],
    ...[
      '<t:RequestSecurityToken Context="c">',
      '<t:RequestType>',
      '<e:RequestID>',
      '<o:BinarySecurityToken',
      'EncodingType="',
      ' xmlns="',
      '&#13;',
      '&amp;',
      ' a:b="c"',
      '<!-- -->',
    ],
  ],
  seeds: async () => [
    ...(await messagesOfTokens()),
    ...[policies, policyRequest, requestOf(queryText('5')), requestOf(exchangeText)].map(utf8),
    ...artefacts.request.slice(0, 2).map((octets) => utf8(requestOf(issueText(octets)))),
    utf8(envelopeText({ security: passwordText('alice', 'secret'), body: queryText('5') })),
  ],
  prepare: async () => {
    const engine = await createEngine()
    return async (input) => {
      const element = unlessRefused(() => parseXml(input))
      if (element === undefined) return
      for (const each of forms) checkForm(each, input)
      const envelope = unlessRefused(() => readEnvelope(input, { understands: () => true }))
      if (envelope?.security !== undefined) {
        const { security } = envelope
        unlessRefused(() => readSecurityHeader(security))
      }
      await unlessRefusedLater(async () => {
        explainFault(element)
        explainEnvelope(element)
        if (isOfWstep(element)) await explainWstep(element, engine)
        if (isOfXcep(element)) await explainPolicies(element, engine)
        if (isOfMdm(element)) await explainMdm(element, engine)
      })
      try {
        unlessRefused(() => explain(element, engine))
      } catch (error) {
        if (!(error instanceof UnknownArtefactError)) throw error
      }
    }
  },
}

/** The body of an envelope alone, with its namespaces. */
function requestOf(body: string): string {
  const { body: found } = readEnvelope(utf8(envelopeText({ body })), { understands: () => true })
  return new TextDecoder().decode(canonicalize(found))
}
