import { escapeAttribute } from '../../xml/canonicalize.js'

/** A service, as its WSDL describes it. Names are without prefix. */
export interface ServiceDescription {
  readonly name: string
  /** Names the binding and the port. */
  readonly binding: string
  readonly portType: string
  /** The namespace of the service and its messages, and its prefix. */
  readonly namespace: string
  readonly prefix: string
  /** The XML Schema of the types, as the WSDL embeds it, indented. */
  readonly types: string
  readonly operations: readonly OperationDescription[]
  /** The address of the service. */
  readonly location: string
}

export interface OperationDescription {
  readonly name: string
  /** A description for readers. */
  readonly documentation?: string
  readonly request: MessageDescription
  readonly reply: MessageDescription
}

export interface MessageDescription {
  readonly name: string
  readonly action: string
  /** Its one part: a name, and the element that it is. */
  readonly part: string
  readonly element: string
}

/** A WSDL 1.1 of a service that is bound to SOAP 1.2 over HTTP. */
export function wsdlOf(service: ServiceDescription): string {
  const { name, binding, portType, namespace, prefix, operations } = service
  const message = ({ name, part, element }: MessageDescription): string => `  <wsdl:message name="${name}">
    <wsdl:part name="${part}" element="${prefix}:${element}"/>
  </wsdl:message>
`
  const offered = ({ name, documentation, request, reply }: OperationDescription): string => {
    const described = documentation && `      <wsdl:documentation>${documentation}</wsdl:documentation>\n`
    return `    <wsdl:operation name="${name}">
${described ?? ''}      <wsdl:input message="${prefix}:${request.name}" wsam:Action="${request.action}"/>
      <wsdl:output message="${prefix}:${reply.name}" wsam:Action="${reply.action}"/>
    </wsdl:operation>
`
  }
  const bound = ({ name, request }: OperationDescription): string => `    <wsdl:operation name="${name}">
      <soap12:operation soapAction="${request.action}" soapActionRequired="false"/>
      <wsdl:input>
        <soap12:body use="literal"/>
      </wsdl:input>
      <wsdl:output>
        <soap12:body use="literal"/>
      </wsdl:output>
    </wsdl:operation>
`
  return `<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"
  xmlns:wsam="http://www.w3.org/2007/05/addressing/metadata" xmlns:${prefix}="${namespace}" xmlns:xs="http://www.w3.org/2001/XMLSchema"
  targetNamespace="${namespace}" name="${name}">
  <wsdl:types>
${service.types}
  </wsdl:types>
${operations.map(({ request, reply }) => message(request) + message(reply)).join('')}  <wsdl:portType name="${portType}">
${operations.map(offered).join('')}  </wsdl:portType>
  <wsdl:binding name="${binding}Binding" type="${prefix}:${portType}">
    <soap12:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
${operations.map(bound).join('')}  </wsdl:binding>
  <wsdl:service name="${name}">
    <wsdl:port name="${binding}Port" binding="${prefix}:${binding}Binding">
      <soap12:address location="${escapeAttribute(service.location)}"/>
    </wsdl:port>
  </wsdl:service>
</wsdl:definitions>
`
}
