import { UP, WST } from '../syntax/names.js'

/*
 * The content of figures 3 to 8 with its slips mended: dates have separators, names their hyphens, TI is well-formed and
 * without white space. Numbers are as far as the figures print them; figures 5 and 6 print them whole.
 */
const namespaces = `xmlns:up="${UP}" xmlns:wst="${WST}"`
export const context = 'uuid-54a545f7-3457-4c59-b93d-02445f28c495'
const pair = (a = 'YooTfNOgFbRPiT34UW0p', b = 'cM/BGFUeLTNLtPJbUfw8'): string => `
    <up:SigmaPair>
      <up:SigmaA>${a}</up:SigmaA>
      <up:SigmaB>${b}</up:SigmaB>
    </up:SigmaPair>`

export const figure3 = `
<wst:RequestSecurityToken ${namespaces} Context="${context}">
  <wst:RequestType>http://docs.oasis-open.org/ws-sx/ws-trust/200512/Issue</wst:RequestType>
  <wst:TokenType>http://schemas.xmlsoap.org/ws/2011/02/u-prove/token
    </wst:TokenType>
</wst:RequestSecurityToken>`

export const figure4 = `
<wst:RequestSecurityTokenResponse ${namespaces} Context="${context}">
 <wst:TokenType>http://schemas.xmlsoap.org/ws/2011/02/u-prove/token</wst:TokenType>
 <up:Instances>
  <up:Instance TokenClass="claim" TokenCount="3">
   <up:Attributes>
    <up:Attribute Index="1">bob@contoso.com</up:Attribute>
    <up:Attribute Index="2">Bob</up:Attribute>
    <up:Attribute Index="3">1</up:Attribute>
   </up:Attributes>
   <up:TI><up:NotOnOrAfter>2010-04-01T00:00:00Z</up:NotOnOrAfter></up:TI>
   <up:IssuanceMessage1>${pair()}${pair()}${pair()}
   </up:IssuanceMessage1>
  </up:Instance>
  <up:Instance TokenClass="ID" TokenCount="5">
   <up:TI><up:NotOnOrAfter>2010-04-01T00:00:00Z</up:NotOnOrAfter></up:TI>
   <up:IssuanceMessage1>${pair('ZxOeoVV5nM7HOBiYLZIA', 'QIAELZHB3VP1WtCGE5DF')}${pair()}${pair()}${pair()}${pair()}
   </up:IssuanceMessage1>
  </up:Instance>
 </up:Instances>
 <up:UIDP>http://fabrikam.com/ip1</up:UIDP>
</wst:RequestSecurityTokenResponse>`

export const figure5 = `
<wst:RequestSecurityTokenResponse ${namespaces} Context="${context}">
 <up:Instances>
  <up:Instance>
   <up:IssuanceMessage2>
    <up:SigmaC>WukyBnOt1J6Qzi8Qeo+G5a4SC0Tfi03bh2XMCjDjKHM=</up:SigmaC>
    <up:SigmaC>iMbTiKEdvEJyuF9L6ATZzJtx3L4WgPO3iDMZ0eKOlwg=</up:SigmaC>
    <up:SigmaC>HQpD6TjEpJyTspSPIH2GsweQdT6pzzUNyHHB37QpyZY=</up:SigmaC>
   </up:IssuanceMessage2>
  </up:Instance>
  <up:Instance>
   <up:IssuanceMessage2>
    <up:SigmaC>STK4NVt0c1MuK+SnvMgnEG2b37+DQLIYLGoWM59sih4=</up:SigmaC>
    <up:SigmaC>kqiIEFvJXhd8ZeOT24nx520Ua+S3r2Z8IpzlySC6H54=</up:SigmaC>
    <up:SigmaC>UnwSYriV22KFSUvTHsBk5ImRfYXmymDprV3RmrW5a4w=</up:SigmaC>
    <up:SigmaC>q4xkz+Yolu9taHRWokWm696NPwccj4Ns6LunhUpVrjM=</up:SigmaC>
    <up:SigmaC>jR+e2P5NctWIU49oi5yI0QBZ3vadxxGTXHr6MvDQr/I=</up:SigmaC>
   </up:IssuanceMessage2>
  </up:Instance>
 </up:Instances>
</wst:RequestSecurityTokenResponse>`

export const figure6 = `
<wst:RequestSecurityTokenResponseCollection ${namespaces}>
 <wst:RequestSecurityTokenResponse Context="${context}">
  <up:Instances>
   <up:Instance>
    <up:IssuanceMessage3>
     <up:SigmaR>Za1SqV9FhCaqU/wf+LSDfN0C5a8BXHBziygp3hCn+lg=</up:SigmaR>
     <up:SigmaR>wry2vKIif+scfM+MwZ43PW3QdmlwY0Wwe2phQfsWT10=</up:SigmaR>
     <up:SigmaR>RyEpz9EEVZkM+OKxflgAweGNE6+bBTMtWevxGGfaSl8=</up:SigmaR>
    </up:IssuanceMessage3>
   </up:Instance>
   <up:Instance>
    <up:IssuanceMessage3>
     <up:SigmaR>RGRhSZgKikVB5TEEk3KrZC7W0euOpTsumFLQgcnQ95o=</up:SigmaR>
     <up:SigmaR>CekFMP8dKKq72Y0mi4SnmuTSjMDd3qGbE6domnkTXyQ=</up:SigmaR>
    </up:IssuanceMessage3>
   </up:Instance>
  </up:Instances>
 </wst:RequestSecurityTokenResponse>
</wst:RequestSecurityTokenResponseCollection>`

const token = (ti: string, h = 'Vuv9TIPe+rcAPxcpX20F'): string => `
   <up:Token Version="1.0">
    <up:UIDP>http://fabrikam.com/ip1</up:UIDP>
    <up:H>${h}</up:H>
    <up:TI>${ti}<up:NotOnOrAfter>2010-04-01T00:00:00Z</up:NotOnOrAfter></up:TI>
    <up:SigmaZPrime>Z/cSeGXhvcjTlAQw36fq</up:SigmaZPrime>
    <up:SigmaCPrime>Pjwa3US2c1U99TOM</up:SigmaCPrime>
    <up:SigmaRPrime>OWJHTMjiwAq8Ganeyeu3</up:SigmaRPrime>
   </up:Token>`
const a = 'MszDfj0WmUghDdEv8rIbPQBwgN2s'

export const figure7 = `
<up:PresentationToken Version="1.0" xmlns:up="${UP}">
 <up:Message>
  <up:Nonce>2009-04-27T22:11:57.444Z,https://www.contoso.com</up:Nonce>
 </up:Message>
 <up:Presentations>
  <up:Presentation TokenClass="claim">${token('')}
   <up:SubsetProof>
    <up:Attributes>
     <up:Attribute Index="2">Bob</up:Attribute>
    </up:Attributes>
    <up:A>${a}</up:A>
    <up:R0>KWVDRNEyJG19p6AfuDkwMUhi</up:R0>
    <up:Responses>
     <up:R>fRvB3Fni09vkgnHGd8m6Ofxk</up:R>
     <up:R>Tm8XfvpZq5+9iVkdtRntk9vK</up:R>
    </up:Responses>
   </up:SubsetProof>
  </up:Presentation>
  <up:Presentation TokenClass="ID">${token('', 'j5ep7KiPuxdODBZOD8nB83eU')}
   <up:SubsetProof>
    <up:A>s6eUwtsfXtt478/s6nUFSeFa</up:A>
    <up:R0>fyQLY758BjqVRugvph4Wa10z</up:R0>
   </up:SubsetProof>
  </up:Presentation>
 </up:Presentations>
</up:PresentationToken>`

export const figure8 = `
<up:PresentationToken Version="1.0" xmlns:up="${UP}">
 <up:Message>
  <up:Nonce>dGhlc2VhcmVyYW5kb21ieXRlcw==</up:Nonce>
  <up:SignedData>I accept the terms and conditions of Contoso</up:SignedData>
 </up:Message>
 <up:Presentations>
  <up:Presentation TokenClass="claim">${token('<up:Gd GdName="urn:oid:1.3.6.1.4.1.311.75.1.1.1"/>')}
   <up:SubsetProof>
    <up:Attributes>
     <up:Attribute Index="3">1</up:Attribute>
    </up:Attributes>
    <up:A>${a}</up:A>
    <up:R0>KWVDRNEyJG19p6AfuDkwMUhi</up:R0>
    <up:Responses>
     <up:R>fRvB3Fni09vkgnHGd8m6Ofxk</up:R>
     <up:R>Tm8XfvpZq5+9iVkdtRntk9vK</up:R>
    </up:Responses>
    <up:Rd>J4KScM/4BGFUeL6TNLAtPJgb</up:Rd>
   </up:SubsetProof>
  </up:Presentation>
 </up:Presentations>
</up:PresentationToken>`
