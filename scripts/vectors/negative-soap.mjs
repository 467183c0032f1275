// `node scripts/vectors/negative-soap.mjs` writes vectors/negative/soap.json (`--check` compares it): SOAP messages with a user name and a
// password, or its digest, each changed in one place.
import { casesOf, writeCases } from './parts/cases.mjs'
import { digest } from './parts/keys.mjs'

/** @typedef {readonly (readonly [find: string, put: string])[]} Edits */

const SOAP = 'http://www.w3.org/2003/05/soap-envelope'
const SOAP_1_1 = 'http://schemas.xmlsoap.org/soap/envelope/'
const WSA = 'http://www.w3.org/2005/08/addressing'
const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss'
const WSSE = `${WSS}-wssecurity-secext-1.0.xsd`
const WSU = `${WSS}-wssecurity-utility-1.0.xsd`
const PROFILE = `${WSS}-username-token-profile-1.0`
const DS = 'http://www.w3.org/2000/09/xmldsig#'
const AT = '2026-06-01T12:00:00Z'

const nonce = Buffer.alloc(16, 7)
/** @type {(created: string, password?: string, octets?: Buffer) => string} */
const digestOf = (created, password = 'secret', octets = nonce) =>
  digest('sha1', octets, Buffer.from(created + password)).toString('base64')

const timestamp = `<u:Timestamp u:Id="_0"><u:Created>${AT}</u:Created><u:Expires>2026-06-01T12:05:00Z</u:Expires></u:Timestamp>`
const username = '<o:Username>alice</o:Username>'
const nonceElement = `<o:Nonce>${nonce.toString('base64')}</o:Nonce>`
const created = `<u:Created>${AT}</u:Created>`
/** @type {(created?: string, password?: string) => string} */
const digestToken = (time = AT, password = 'secret') =>
  `<o:UsernameToken>${username}<o:Password Type="${PROFILE}#PasswordDigest">${digestOf(time, password)}</o:Password>${nonceElement}<u:Created>${time}</u:Created></o:UsernameToken>`
const textToken = `<o:UsernameToken>${username}<o:Password>secret</o:Password></o:UsernameToken>`
const action = '<a:Action s:mustUnderstand="1">urn:example:order</a:Action>'
const messageId = '<a:MessageID>urn:uuid:00000000-0000-4000-8000-000000000001</a:MessageID>'
const replyTo = `<a:ReplyTo><a:Address>${WSA}/anonymous</a:Address></a:ReplyTo>`
const to = '<a:To s:mustUnderstand="1">https://service.example/</a:To>'
const body = '<s:Body><order xmlns="urn:example">1</order></s:Body>'
/** @type {(token: string) => string} */
const security = (token) => `<o:Security s:mustUnderstand="1">${timestamp}${token}</o:Security>`
/** @type {(token: string) => string} */
const envelope = (token) =>
  `<s:Envelope xmlns:s="${SOAP}" xmlns:a="${WSA}" xmlns:o="${WSSE}" xmlns:u="${WSU}"><s:Header>${action}${messageId}${replyTo}${to}${security(token)}</s:Header>${body}</s:Envelope>`

const bases = { digest: envelope(digestToken()), password: envelope(textToken) }

const messages = casesOf('message')
const twin = messages.accept('digest', 'a message with the digest of a password', { base: 'digest' })
const plain = messages.accept('password', 'a message with a password', { base: 'password' })

/** @type {(base: string) => (id: string, changed: string, flag: string, edits: Edits, code: string, more?: object) => void} */
const against =
  (base) =>
  (id, changed, flag, edits, code, more = {}) =>
    messages.refuse(base, id, changed, flag, { base, ...(edits.length === 0 ? {} : { edits }), ...more }, code)
const no = against(twin)
const invalid = 'Sender/InvalidSecurity'

// The envelope.
const shape = 'structure'
no('no-body', 'no Body', shape, [[body, '']], 'Sender')
no('two-bodies', 'a second Body', 'wrapping', [[body, body + body.replace('>1<', '>2<')]], 'Sender')
no(
  'two-contents',
  'two elements in the Body',
  'wrapping',
  [['</order>', '</order><order xmlns="urn:example">2</order>']],
  'Sender',
)
no('body-empty', 'an empty Body', shape, [['<order xmlns="urn:example">1</order>', '']], 'Sender')
no('body-text', 'text in the Body', shape, [['<s:Body>', '<s:Body>text']], 'Sender')
no(
  'body-first',
  'the Body before the Header',
  shape,
  [
    ['<s:Header>', `${body}<s:Header>`],
    [`</s:Header>${body}`, '</s:Header>'],
  ],
  'Sender',
)
no('two-headers', 'a second Header', 'wrapping', [['</s:Header>', '</s:Header><s:Header></s:Header>']], 'Sender')
no('after-body', 'an element after the Body', shape, [['</s:Body>', '</s:Body><x xmlns="urn:x"></x>']], 'Sender')
no(
  'header-no-namespace',
  'a header block without a namespace',
  shape,
  [['</s:Header>', '<x></x></s:Header>']],
  'Sender',
)
no('header-text', 'text in the Header', shape, [['<s:Header>', '<s:Header>text']], 'Sender')
no(
  'encoding-style',
  'an encoding of the Body',
  shape,
  [['<s:Body>', '<s:Body s:encodingStyle="http://www.w3.org/2003/05/soap-encoding">']],
  'Sender',
)
no('version', 'SOAP 1.1', shape, [[`xmlns:s="${SOAP}"`, `xmlns:s="${SOAP_1_1}"`]], 'VersionMismatch')
no(
  'version-unknown',
  'an unknown version of SOAP',
  shape,
  [[`xmlns:s="${SOAP}"`, 'xmlns:s="urn:soap"']],
  'VersionMismatch',
)
no(
  'element',
  'another element than an Envelope',
  shape,
  [
    ['<s:Envelope', '<s:Message'],
    ['</s:Envelope>', '</s:Message>'],
  ],
  'VersionMismatch',
)
no(
  'wrapped',
  'an Envelope in another one',
  'wrapping',
  [
    ['<s:Envelope', `<s:Envelope xmlns:s="${SOAP}"><s:Body><s:Envelope`],
    ['</s:Envelope>', '</s:Envelope></s:Body></s:Envelope>'],
  ],
  'Sender/MessageAddressingHeaderRequired',
)
no(
  'must-understand',
  'a header block that must be understood, and is not',
  shape,
  [['</s:Header>', '<x:x xmlns:x="urn:x" s:mustUnderstand="true"></x:x></s:Header>']],
  'MustUnderstand',
)
no('must-understand-2', 'a mustUnderstand that is neither', shape, [[to, to.replace('"1"', '"2"')]], 'Sender')
no('doctype', 'a document type declaration', 'doctype', [['<s:Envelope', '<!DOCTYPE x><s:Envelope']], 'xml/doctype')
no(
  'entity',
  'an entity that was declared',
  'doctype',
  [
    ['<s:Envelope', '<!DOCTYPE x [<!ENTITY e "alice">]><s:Envelope'],
    ['>alice<', '>&e;<'],
  ],
  'xml/doctype',
)
no(
  'instruction',
  'a processing instruction',
  'instruction',
  [['<s:Body>', '<?x?><s:Body>']],
  'xml/processing-instruction',
)
no('comment', 'a comment in the name', 'comment', [['>alice<', '>ali<!-- -->ce<']], 'xml/comment')
no('not-well-formed', 'an end tag less', 'form', [['</s:Envelope>', '']], 'xml/not-well-formed')
for (const [id, changed, contentType, code] of /** @type {const} */ ([
  ['text-xml', 'the media type of SOAP 1.1', 'text/xml; charset=utf-8', 'http/500'],
  ['json', 'another media type', 'application/json', 'http/415'],
  ['utf-16', 'another character set', 'application/soap+xml; charset=utf-16', 'http/415'],
  [
    'action',
    'another action in the media type',
    'application/soap+xml; charset=utf-8; action="urn:example:cancel"',
    'Sender/InvalidAddressingHeader/ActionMismatch',
  ],
]))
  no(`type-${id}`, changed, 'context', [], code, { contentType })

// Addressing.
const addressing = 'context'
no('no-action', 'no Action', addressing, [[action, '']], 'Sender/MessageAddressingHeaderRequired')
no(
  'two-actions',
  'two Actions',
  addressing,
  [[action, action + action.replace('order', 'cancel')]],
  'Sender/InvalidAddressingHeader/InvalidCardinality',
)
no(
  'action-empty',
  'an empty Action',
  addressing,
  [['>urn:example:order<', '><']],
  'Sender/InvalidAddressingHeader/InvalidAddress',
)
no(
  'action-space',
  'a blank in the Action',
  addressing,
  [['>urn:example:order<', '>urn:example: order<']],
  'Sender/InvalidAddressingHeader/InvalidAddress',
)
no(
  'action-element',
  'an element in the Action',
  addressing,
  [['>urn:example:order<', '>urn:example:<x xmlns="urn:x"></x>order<']],
  'Sender/InvalidAddressingHeader/InvalidAddress',
)
no(
  'action-namespace',
  'an Action of another version of WS-Addressing',
  addressing,
  [[action, action.replace('<a:Action', '<a:Action xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"')]],
  'MustUnderstand',
)
no('no-message-id', 'no MessageID', addressing, [[messageId, '']], 'Sender/MessageAddressingHeaderRequired')
no(
  'two-message-ids',
  'two MessageIDs',
  addressing,
  [[messageId, messageId + messageId.replace('0001<', '0002<')]],
  'Sender/InvalidAddressingHeader/InvalidCardinality',
)
no(
  'message-id-long',
  'a MessageID of 2,049 characters',
  addressing,
  [['>urn:uuid:00000000-0000-4000-8000-000000000001<', `>urn:x:${'x'.repeat(2043)}<`]],
  'Sender/InvalidAddressingHeader/InvalidAddress',
)
no(
  'reply-elsewhere',
  'an answer to another address',
  addressing,
  [[`${WSA}/anonymous`, 'https://attacker.example/']],
  'Sender/InvalidAddressingHeader/OnlyAnonymousAddressSupported',
)
no(
  'reply-none',
  'no answer',
  addressing,
  [[`${WSA}/anonymous`, `${WSA}/none`]],
  'Sender/InvalidAddressingHeader/OnlyAnonymousAddressSupported',
)
no(
  'reply-no-address',
  'an answer to no address',
  addressing,
  [[`<a:Address>${WSA}/anonymous</a:Address>`, '']],
  'Sender/InvalidAddressingHeader/MissingAddressInEPR',
)
no(
  'fault-elsewhere',
  'faults to another address',
  addressing,
  [[to, `${to}<a:FaultTo><a:Address>https://attacker.example/</a:Address></a:FaultTo>`]],
  'Sender/InvalidAddressingHeader/OnlyAnonymousAddressSupported',
)
no(
  'two-tos',
  'two To',
  addressing,
  [[to, to + to.replace('service', 'other')]],
  'Sender/InvalidAddressingHeader/InvalidCardinality',
)

// Security.
const header = 'structure'
no('no-security', 'no Security', 'authority', [[security(digestToken()), '']], 'account/none')
no(
  'two-securities',
  'a second Security',
  header,
  [[security(digestToken()), security(digestToken()) + security(textToken)]],
  'Sender',
)
no(
  'security-role',
  'Security for another node',
  'authority',
  [['<o:Security s:mustUnderstand="1">', '<o:Security s:mustUnderstand="1" s:role="urn:x">']],
  'account/none',
)
no(
  'security-namespace',
  'Security of another namespace',
  header,
  [
    ['<o:Security', `<p:Security xmlns:p="${WSSE}#"`],
    ['</o:Security>', '</p:Security>'],
  ],
  'MustUnderstand',
)
no(
  'security-body',
  'Security in the Body',
  'wrapping',
  [
    [security(digestToken()), ''],
    ['<order xmlns="urn:example">1</order>', `<order xmlns="urn:example">${security(digestToken())}</order>`],
  ],
  'account/none',
)
no(
  'two-tokens',
  'two names with digests',
  header,
  [['</o:UsernameToken>', `</o:UsernameToken>${digestToken()}`]],
  invalid,
)
no(
  'token-nested',
  'the name in an element of its own',
  header,
  [
    ['<o:UsernameToken>', '<o:X><o:UsernameToken>'],
    ['</o:UsernameToken>', '</o:UsernameToken></o:X>'],
  ],
  'Sender/UnsupportedSecurityToken',
)
no(
  'signature',
  'a signature, which nobody verifies',
  'signature',
  [['</o:Security>', `<ds:Signature xmlns:ds="${DS}"></ds:Signature></o:Security>`]],
  'Sender/UnsupportedSecurityToken',
)
no(
  'binary-token',
  'a certificate',
  'signature',
  [['</o:Security>', '<o:BinarySecurityToken>MA==</o:BinarySecurityToken></o:Security>']],
  'Sender/UnsupportedSecurityToken',
)
no(
  'saml',
  'an assertion of SAML',
  'signature',
  [['</o:Security>', '<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion"></Assertion></o:Security>']],
  'Sender/UnsupportedSecurityToken',
)
no(
  'encrypted',
  'encrypted data',
  'signature',
  [['</o:Security>', '<EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#"></EncryptedData></o:Security>']],
  'Sender/UnsupportedSecurityToken',
)
no(
  'reference',
  'a reference to a token elsewhere',
  'reference',
  [[digestToken(), '<o:SecurityTokenReference><o:Reference URI="#t"></o:Reference></o:SecurityTokenReference>']],
  'Sender/UnsupportedSecurityToken',
)
no('security-text', 'text beside the tokens', header, [['<o:UsernameToken>', 'text<o:UsernameToken>']], invalid)

// The timestamp.
const time = 'validity'
no('stamp-late', 'a message that ended five minutes and a second ago', time, [], 'Sender/MessageExpired', {
  at: '2026-06-01T12:10:01Z',
})
no('stamp-early', 'a message of the future', time, [], 'Sender/MessageExpired', { at: '2026-06-01T11:54:59Z' })
no(
  'stamp-backwards',
  'an end before the beginning',
  time,
  [['<u:Expires>2026-06-01T12:05:00Z<', '<u:Expires>2026-06-01T11:59:59Z<']],
  invalid,
)
no(
  'stamp-local',
  'a time without a zone',
  time,
  [['<u:Expires>2026-06-01T12:05:00Z<', '<u:Expires>2026-06-01T12:05:00<']],
  invalid,
)
no(
  'stamp-24',
  'a time at 24:00',
  time,
  [['<u:Expires>2026-06-01T12:05:00Z<', '<u:Expires>2026-06-01T24:00:00Z<']],
  invalid,
)
no(
  'stamp-february-30',
  'the 30th of February',
  time,
  [['<u:Expires>2026-06-01T12:05:00Z<', '<u:Expires>2027-02-30T12:05:00Z<']],
  invalid,
)
no('stamp-twice', 'two timestamps', time, [[timestamp, timestamp.repeat(2)]], invalid)
no(
  'stamp-two-ends',
  'two ends',
  time,
  [['</u:Expires>', '</u:Expires><u:Expires>2036-01-01T00:00:00Z</u:Expires>']],
  invalid,
)

// The digest.
const proof = 'proof'
no('digest-flipped', 'another digest', proof, [[digestOf(AT), digestOf(AT, 'Secret')]], 'authentication/digest')
no('digest-empty', 'an empty digest', proof, [[digestOf(AT), '']], 'authentication/digest')
no('digest-base64', 'a digest without its padding', 'base64', [[digestOf(AT), digestOf(AT).replace('=', '')]], invalid)
no(
  'digest-sha256',
  'a digest of SHA-256',
  'algorithm',
  [[digestOf(AT), digest('sha256', nonce, Buffer.from(`${AT}secret`)).toString('base64')]],
  'authentication/digest',
)
no(
  'digest-no-nonce',
  'a digest without the nonce, which is there',
  proof,
  [[digestOf(AT), digestOf(AT, 'secret', Buffer.alloc(0))]],
  'authentication/digest',
)
no(
  'digest-as-text',
  'the digest as the password',
  proof,
  [[` Type="${PROFILE}#PasswordDigest"`, '']],
  'authentication/password',
)
no(
  'digest-type',
  'a kind of password that there is not',
  header,
  [[`${PROFILE}#PasswordDigest`, `${PROFILE}#PasswordHash`]],
  'Sender/UnsupportedSecurityToken',
)
no('name', 'the name of another', 'foreign', [['>alice<', '>bob<']], 'authentication/digest')
no('name-case', 'the name in capitals', 'foreign', [['>alice<', '>ALICE<']], 'authentication/digest')
no('name-empty', 'an empty name', header, [['>alice<', '><']], invalid)
no('name-twice', 'two names', header, [[username, username + username.replace('alice', 'root')]], invalid)
no(
  'nonce',
  'another nonce',
  proof,
  [[nonceElement, `<o:Nonce>${Buffer.alloc(16, 8).toString('base64')}</o:Nonce>`]],
  'authentication/digest',
)
no('nonce-missing', 'no nonce', header, [[nonceElement, '']], invalid)
no('nonce-twice', 'two nonces', header, [[nonceElement, nonceElement.repeat(2)]], invalid)
no(
  'nonce-hex',
  'a nonce in hexadecimal, said to be so',
  header,
  [
    [
      nonceElement,
      `<o:Nonce EncodingType="${WSS}-soap-message-security-1.0#HexBinary">${nonce.toString('hex')}</o:Nonce>`,
    ],
  ],
  'Sender/UnsupportedSecurityToken',
)
no(
  'created',
  'another time than was hashed',
  proof,
  [[`${created}</o:UsernameToken>`, '<u:Created>2026-06-01T12:00:01Z</u:Created></o:UsernameToken>']],
  'authentication/digest',
)
no(
  'created-written',
  'the same time, written otherwise: it is hashed as it is written',
  proof,
  [[`${created}</o:UsernameToken>`, '<u:Created>2026-06-01T12:00:00.0Z</u:Created></o:UsernameToken>']],
  'authentication/digest',
)
no('created-missing', 'no time', header, [[`${created}</o:UsernameToken>`, '</o:UsernameToken>']], invalid)
no(
  'created-old',
  'a digest of five minutes and a second ago',
  time,
  [[digestToken(), digestToken('2026-06-01T11:54:59Z')]],
  'authentication/digest-time',
)
no(
  'created-early',
  'a digest of the next hour',
  time,
  [[digestToken(), digestToken('2026-06-01T13:00:00Z')]],
  'authentication/digest-time',
)
const replay = 'replay'
no('replay', 'a second time', replay, [], 'authentication/digest-replayed', { before: [{ base: 'digest' }] })
no(
  'replay-message',
  'its digest in another message',
  replay,
  [
    ['0001<', '0002<'],
    ['>1<', '>2<'],
  ],
  'authentication/digest-replayed',
  { before: [{ base: 'digest' }] },
)
no('replay-later', 'a second time, at the end of its time', replay, [], 'authentication/digest-replayed', {
  before: [{ base: 'digest' }],
  later: '2026-06-01T12:05:00Z',
})
no('replay-expired', 'a second time, after its time', replay, [], 'authentication/digest-time', {
  before: [{ base: 'digest' }],
  later: '2026-06-01T12:05:01Z',
})
no(
  'replay-nonce',
  'the nonce a second time, with another digest',
  replay,
  [[digestToken(), digestToken('2026-06-01T12:00:01Z')]],
  'authentication/digest-replayed',
  { before: [{ base: 'digest' }] },
)

const noText = against(plain)
noText('wrong', 'a wrong password', proof, [['>secret<', '>Secret<']], 'authentication/password')
noText('space', 'a blank after the password', proof, [['>secret<', '>secret <']], 'authentication/password')
noText('empty', 'an empty password', proof, [['>secret<', '><']], 'authentication/password')
noText('missing', 'no password', proof, [['<o:Password>secret</o:Password>', '']], 'authentication/password')
noText(
  'twice',
  'two passwords',
  header,
  [['<o:Password>secret</o:Password>', '<o:Password>x</o:Password><o:Password>secret</o:Password>']],
  invalid,
)
noText('element', 'an element in the password', header, [['>secret<', '>se<o:x></o:x>cret<']], invalid)
noText(
  'long',
  'a password of 1,025 characters',
  'limit',
  [['>secret<', `>${'x'.repeat(1025)}<`]],
  'authentication/password',
)
noText('nul', 'a zero character in the password', 'entity', [['>secret<', '>secret&#0;<']], 'xml/not-well-formed')

writeCases('soap.json', { source: 'scripts/vectors/negative-soap.mjs', at: AT, bases }, [messages])
