import { list, schema, strict, text, type Schemas } from '../../soap/testing/schemas.js'
import { WST } from '../../ws-trust/syntax/names.js'
import { AUTHORIZATION, WSTEP } from '../messages/names.js'
import { WSTEP_SCHEMA, wstepWsdl } from '../messages/schema.js'

const XS = 'http://www.w3.org/2001/XMLSchema'

/** The schema of WS-Trust, as the WSDL that is served has it. */
function wstSchema(): string {
  const wsdl = wstepWsdl('https://sts.example/', 'wstep.xsd')
  const found = /<xs:schema [\s\S]*<\/xs:schema>/.exec(wsdl)?.[0]
  if (found === undefined) throw new Error('the WSDL has no schema')
  // Stands alone with the namespaces that the WSDL declares, and checks what stands in the wildcards.
  return strict(found).replace('<xs:schema ', `<xs:schema xmlns:xs="${XS}" xmlns:wst="${WST}" `)
}

/** The schema of the additional context, which other specifications define. */
const authorization = schema(
  AUTHORIZATION,
  {},
  list('AdditionalContext', '<xs:element ref="t:ContextItem" minOccurs="0" maxOccurs="unbounded"/>') +
    list('ContextItem', '<xs:element ref="t:Value"/>', '<xs:attribute name="Name" type="xs:anyURI" use="required"/>') +
    text('Value'),
)

/** The protocol's own schemas. */
export const OWN: Schemas = {
  files: { 'wstep.xsd': WSTEP_SCHEMA, 'auth.xsd': authorization },
  namespaces: { [WSTEP]: 'wstep.xsd', [AUTHORIZATION]: 'auth.xsd' },
}

/** The schemas that are served, and that of the additional context. */
export const SERVED: Schemas = {
  files: { ...OWN.files, 'wst.xsd': wstSchema() },
  namespaces: { ...OWN.namespaces, [WST]: 'wst.xsd' },
}
