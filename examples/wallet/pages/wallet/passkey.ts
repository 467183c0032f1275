// The platform's passkey as a lock: by WebAuthn's PRF extension it computes a secret from a salt, after it has verified the person.
import { Failure } from '../shared/calls.js'

export const isPossible = async (): Promise<boolean> => {
  if (typeof PublicKeyCredential === 'undefined') return false
  const available = await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().catch(() => false)
  const capabilities = await PublicKeyCredential.getClientCapabilities?.().catch(() => undefined)
  return available && (capabilities?.['extension:prf'] ?? true)
}

const challenge = (): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(32))

function secretOf(credential: Credential | null): Uint8Array<ArrayBuffer> | undefined {
  if (!(credential instanceof PublicKeyCredential)) throw new Failure('passkey')
  const secret = credential.getClientExtensionResults().prf?.results?.first
  return secret === undefined ? undefined : new Uint8Array(secret as ArrayBuffer)
}

/** Makes a passkey for this wallet. Throws `Failure` (`passkey`) if it cannot compute secrets. */
export async function create(salt: Uint8Array<ArrayBuffer>) {
  const made = await navigator.credentials.create({
    publicKey: {
      challenge: challenge(),
      rp: { name: 'Pocket' },
      user: { id: challenge(), name: 'wallet', displayName: 'Pocket' },
      pubKeyCredParams: [-7, -257].map((alg) => ({ type: 'public-key', alg })),
      authenticatorSelection: {
        authenticatorAttachment: 'platform',
        userVerification: 'required',
        residentKey: 'required',
      },
      extensions: { prf: { eval: { first: salt } } },
    },
  })
  const secret = secretOf(made)
  const credential = new Uint8Array((made as PublicKeyCredential).rawId)
  // Some authenticators give the secret only when the passkey is used.
  return { credential, secret: secret ?? (await use({ credential, salt })) }
}

/** The secret of the passkey. Throws `Failure` (`passkey`), and the browser's `DOMException`s. */
export async function use({
  credential,
  salt,
}: {
  credential: Uint8Array<ArrayBuffer>
  salt: Uint8Array<ArrayBuffer>
}) {
  const used = await navigator.credentials.get({
    publicKey: {
      challenge: challenge(),
      allowCredentials: [{ type: 'public-key', id: credential }],
      userVerification: 'required',
      extensions: { prf: { eval: { first: salt } } },
    },
  })
  const secret = secretOf(used)
  if (secret === undefined) throw new Failure('passkey')
  return secret
}
