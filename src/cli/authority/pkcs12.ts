import type { ContentEncryptionAesCbcParams } from 'pkijs'
import { wipe, type Octets } from '../../../bindings/octets/octets.js'
import { needing } from './optional-packages.js'

export interface Pkcs12Content {
  /** PrivateKeyInfo, DER. */
  readonly privateKey: Octets
  /** DER; the first is that of the key. */
  readonly certificates: readonly Octets[]
  readonly password: string
}

/** AES-256-CBC, with initialization vectors that pkijs draws, by PBKDF2 with HMAC-SHA-256, and so many iterations. OpenSSL 3 uses 2,048. */
const ENCRYPTION = {
  contentEncryptionAlgorithm: { name: 'AES-CBC', length: 256 } as ContentEncryptionAesCbcParams,
  hmacHashAlgorithm: 'SHA-256',
  iterationCount: 600_000,
}
const MAC = { iterations: 10_000, hmacHashAlgorithm: 'SHA-256', pbkdf2HashAlgorithm: 'SHA-256' }

// RFC 7292, section 4.2, and PKCS #9.
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2'
const CERT_BAG = '1.2.840.113549.1.12.10.1.3'
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21'

/** A PKCS#12 file: the key and its certificates, encrypted with PBES2. Throws `FailureError` if pkijs is not installed. RFC 7292 */
export async function encodePkcs12({ privateKey, certificates, password }: Pkcs12Content): Promise<Octets> {
  const wanted = { packages: ['pkijs', 'asn1js'], what: 'PKCS#12 files' }
  const pkijs = await needing(wanted, () => import('pkijs'))
  const { OctetString } = await needing(wanted, () => import('asn1js'))
  const octets = new TextEncoder().encode(password)
  const options = { password: octets.buffer, ...ENCRYPTION }
  const localKeyId = (): InstanceType<typeof pkijs.Attribute> =>
    new pkijs.Attribute({ type: LOCAL_KEY_ID, values: [new OctetString({ valueHex: Uint8Array.of(1) })] })
  try {
    const keyBag = new pkijs.PKCS8ShroudedKeyBag({ parsedValue: pkijs.PrivateKeyInfo.fromBER(privateKey) })
    await keyBag.makeInternalValues(options)
    const keys = new pkijs.SafeBag({ bagId: SHROUDED_KEY_BAG, bagValue: keyBag, bagAttributes: [localKeyId()] })
    const certificateBags = certificates.map(
      (der, i) =>
        new pkijs.SafeBag({
          bagId: CERT_BAG,
          bagValue: new pkijs.CertBag({ parsedValue: pkijs.Certificate.fromBER(der) }),
          // Says that the key above is for this one.
          ...(i === 0 && { bagAttributes: [localKeyId()] }),
        }),
    )
    const authenticatedSafe = new pkijs.AuthenticatedSafe({
      parsedValue: {
        safeContents: [
          { privacyMode: 0, value: new pkijs.SafeContents({ safeBags: [keys] }) },
          { privacyMode: 1, value: new pkijs.SafeContents({ safeBags: certificateBags }) },
        ],
      },
    })
    await authenticatedSafe.makeInternalValues({ safeContents: [{}, options] })
    const file = new pkijs.PFX({ parsedValue: { integrityMode: 0, authenticatedSafe } })
    await file.makeInternalValues({ password: octets.buffer, ...MAC })
    return new Uint8Array(file.toSchema().toBER(false))
  } finally {
    wipe(octets)
  }
}
