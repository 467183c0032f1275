import type { Engine } from '../../index.js'
import { XCEP } from '../../xcep/names.js'
import type { PolicyAuthority, PolicyTemplate } from '../../xcep/policies.js'
import { readPolicyRequest } from '../../xcep/request-message.js'
import { readPolicyResponse } from '../../xcep/response-message.js'
import type { XmlElement } from '../../xml/tree.js'
import { some, type ExplainedArtefact, type Fact } from './facts.js'
import { Inspection } from './inspection.js'
import { ofCertificate } from './x509.js'

/** Whether an element is a message of [MS-XCEP]. */
export const isOfXcep = (element: XmlElement): boolean =>
  element.is(XCEP, 'GetPolicies') || element.is(XCEP, 'GetPoliciesResponse')

/** Explains a message of [MS-XCEP]. Throws `XcepError`, `PkiError`. */
export async function explainPolicies(element: XmlElement, engine: Engine): Promise<ExplainedArtefact> {
  if (element.is(XCEP, 'GetPolicies')) {
    const { lastUpdate, preferredLanguage, templates, clientVersion, serverVersion } = readPolicyRequest(element)
    const facts = {
      'last read': lastUpdate?.toISOString(),
      language: preferredLanguage,
      templates: some(templates),
      'versions of client and server': [clientVersion, serverVersion].some((version) => version !== undefined)
        ? `${String(clientVersion ?? 'any')}, ${String(serverVersion ?? 'any')}`
        : undefined,
    }
    return { artefact: 'XCEP request for the policy', facts }
  }
  const policy = readPolicyResponse(element)
  const common = { policy: policy.id, name: policy.friendlyName, 'ask again after hours': policy.nextUpdateHours }
  if (policy.unchanged === true) return { artefact: 'XCEP answer that the policy has not changed', facts: common }
  const { templates, authorities } = policy
  const inspection = new Inspection(engine)
  for (const { certificate } of authorities) inspection.add(certificate)
  return {
    artefact: 'XCEP answer with the policy',
    facts: {
      ...common,
      templates: Object.fromEntries(templates.map((template) => [template.name, ofTemplate(template)])),
      authorities: await Promise.all(authorities.map((authority) => ofAuthority(authority, inspection))),
    },
  }
}

function ofTemplate(template: PolicyTemplate): Fact {
  const { oid, schema, revision, key, validitySeconds, renewalSeconds, mayEnroll, autoEnroll, authorities } = template
  return {
    OID: oid,
    version: `${String(revision.major)}.${String(revision.minor ?? 0)}, schema ${String(schema)}`,
    key: `at least ${String(key.minimalLength)} bits`,
    'valid for days': validitySeconds / 86_400,
    'renewed days before the end': renewalSeconds / 86_400,
    'may enroll': mayEnroll,
    'enrolls automatically': autoEnroll,
    authorities: authorities.map(String).join(', '),
  }
}

async function ofAuthority(authority: PolicyAuthority, inspection: Inspection): Promise<Fact> {
  const { reference, certificate, mayEnroll, addresses } = authority
  return {
    reference,
    'may enroll': mayEnroll,
    addresses: addresses.map(
      ({ authentication, url, renewalOnly = false }) =>
        `${authentication}: ${url}${renewalOnly ? ' (renewals only)' : ''}`,
    ),
    certificate: await ofCertificate(certificate, inspection),
  }
}
