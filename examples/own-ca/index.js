// A certificate authority and an authenticator of your own behind the enrolment service of [MS-WSTEP].
import {
  createAuthority,
  createRoot,
  formatName,
  generateKey,
  MemoryAuthorityStore,
  parseCertificate,
  parseName,
  signatureVerifier,
} from 'uprove-wasm/pki'
import { directTransport, readFaultDetail, SecurityTokenService, SoapFault, WstepClient } from 'uprove-wasm/wstep'

/** CERTSRV_E_TEMPLATE_DENIED */
const denied = 0x80094012 | 0
const day = 86_400_000

/**
 * An authority in front of another one, which may be elsewhere: it asks your directory who may have certificates.
 * @param {import('uprove-wasm/pki').CertificateAuthority} authority
 * @param {ReadonlySet<string>} employees
 * @returns {import('uprove-wasm/pki').CertificateAuthority}
 */
function forEmployees(authority, employees) {
  return {
    chain: authority.chain,
    submit: async (submission) => {
      const { requester } = submission
      if (requester.by === 'account' && !employees.has(requester.id)) {
        return { status: 'denied', errorCode: denied, reason: 'denied-by-policy' }
      }
      return authority.submit(submission)
    },
    query: (query) => authority.query(query),
    exchangeCertificate: () => authority.exchangeCertificate(),
    renewalRefusal: (certificate) => authority.renewalRefusal(certificate),
  }
}

const key = await generateKey('ECDSA-P256')
const verifier = signatureVerifier()
const embedded = await createAuthority({
  key,
  verifier,
  store: new MemoryAuthorityStore(),
  defaultProfile: 'User',
  chain: [await createRoot({ key, subject: parseName('CN=Fabrikam CA'), validity: 3650 * day })],
  profiles: [
    {
      name: 'User',
      validity: 30 * day,
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
      enrollers: 'everyone',
      approval: 'automatic',
      renewal: { window: 10 * day },
    },
  ],
})

// Authentication by LDAP, OAuth or anything else. It returns the account name that the authority knows.
/** @type {import('uprove-wasm/wstep').Accounts} */
const accounts = {
  verify: async (username, password) => (password === `${username}'s password` ? username : undefined),
}

const address = 'https://sts.fabrikam.example/wstep'
const service = new SecurityTokenService({
  authority: forEmployees(embedded, new Set(['alice'])),
  verifier,
  address,
  accounts,
})
const transport = directTransport((request, credentials) => service.handle(request, credentials), {})

/**
 * @param {string} username
 * @param {string} password
 */
async function enroll(username, password) {
  const client = new WstepClient({ url: address, transport, credentials: { username, password } })
  try {
    const enrollment = await client.enroll({
      key: await generateKey('ECDSA-P256'),
      subject: 'CN=anything',
      templateName: 'User',
    })
    return enrollment.status === 'issued'
      ? formatName(parseCertificate(enrollment.certificate).subject)
      : enrollment.status
  } catch (error) {
    if (!(error instanceof SoapFault)) throw error
    const { errorCode } = readFaultDetail(error) ?? {}
    return errorCode === denied ? 'denied' : 'not authenticated'
  }
}

console.log(
  JSON.stringify([
    await enroll('alice', "alice's password"),
    await enroll('mallory', "mallory's password"),
    await enroll('alice', 'guessed'),
  ]),
)
