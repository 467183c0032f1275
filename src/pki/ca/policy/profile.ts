import { extendedKeyUsage, type KeyUsage } from '../../x509/extensions.js'
import { CaError } from '../errors.js'
import type { KeyRules } from './key-rules.js'
import type { CertificateNames } from './names.js'
import type { SubjectPart } from './subject.js'

/** The account that a certificate is for. */
export interface Account {
  readonly id: string
  /** How it was authenticated; 'renewal' if only by the key of its old certificate. */
  readonly method: string
}

/** Names of a request that a profile may honour; of the alternative names, by kind. */
export type HonourableName = 'subject' | 'dnsNames' | 'uris' | 'emails' | 'upns' | 'ipAddresses'

/** A kind of certificates: the accounts that get them, and their contents. A request names it as its template. */
export interface Profile {
  /** The template's name; case does not count. */
  readonly name: string
  /** OID and version, for a template of version 2 or up: its extension is then written instead of that of the name. */
  readonly template?: { readonly oid: string; readonly major: number; readonly minor: number }
  /** How long certificates are valid, in milliseconds; never longer than the authority's. */
  readonly validity: number
  /** What the key may be used for. Usages that a kind of key cannot have (RFC 3279, RFC 5480) are left out for it. */
  readonly keyUsage: readonly KeyUsage[]
  /** OIDs. The only source of extended key usages: those in a request are ignored. */
  readonly extendedKeyUsage: readonly string[]
  /** Default `DEFAULT_KEYS`. */
  readonly keys?: KeyRules
  /** Who may enrol: accounts by id, or a function that asks a directory. It is called at renewals too. */
  readonly enrollers: 'everyone' | readonly string[] | ((account: Account) => boolean | Promise<boolean>)
  /** Whether an operator approves each request. */
  readonly approval: 'automatic' | 'operator'
  /** The names that an account's certificates give it. Default: its id as the common name, no alternative names. */
  readonly names?: (account: Account) => CertificateNames | Promise<CertificateNames>
  /**
   * Names that are taken from the request: a subject replaces that of `names`, alternative names are added. Default: none.
   * Enrollers then choose these names freely, including those of others: combine it with approval, or a `policy`.
   */
  readonly honours?: readonly HonourableName[]
  /**
   * How the subject is put together, in the order of RFC 4514: the most specific part first. Default: that of `names`, or that of the
   * request if the profile honours it. A renewal keeps the subject of its certificate.
   */
  readonly subject?: readonly SubjectPart[]
  /**
   * Whether a request may, or must, carry the private key for archiving. Only for keys that encrypt: `keyUsage` has nothing else, since
   * an archived signing key would prove nothing. Default: it must not.
   */
  readonly archival?: 'allowed' | 'required'
  /** Whether certificates can be renewed, and how long before they end, in milliseconds. Default: they cannot. */
  readonly renewal?: {
    readonly window: number
    /** Default: that of the profile. */
    readonly approval?: Profile['approval']
  }
}

/** Uses of a key that certificates of people and machines never have. */
const AUTHORITY_USAGES: readonly KeyUsage[] = ['keyCertSign', 'cRLSign']
/** Uses of a key whose loss is the loss of data, and which can therefore be archived. [MS-WCCE] 5.1.10 */
const ARCHIVABLE_USAGES: readonly KeyUsage[] = ['keyEncipherment', 'dataEncipherment', 'keyAgreement']
/** Purposes whose keys authenticate or sign: TLS clients, smart cards, code, and initial authentication by Kerberos. */
const PROVING_PURPOSES: readonly string[] = [
  '1.3.6.1.5.5.7.3.2',
  '1.3.6.1.5.5.7.3.3',
  '1.3.6.1.4.1.311.20.2.2',
  '1.3.6.1.5.2.3.4',
]
const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0'

/** Profiles by the template names and OIDs that requests have. */
export class Profiles {
  readonly #byName = new Map<string, Profile>()
  readonly #byOid = new Map<string, Profile>()

  /** Throws `CaError` (`ca/profile`), `PkiError` (`pki/value`) for a malformed OID. */
  constructor(profiles: readonly Profile[]) {
    for (const profile of profiles) {
      const key = profile.name.toLowerCase()
      const { template } = profile
      const isTaken = this.#byName.has(key) || (template !== undefined && this.#byOid.has(template.oid))
      if (isTaken || !isConsistent(profile)) throw new CaError('ca/profile')
      extendedKeyUsage(...profile.extendedKeyUsage)
      this.#byName.set(key, profile)
      if (template) this.#byOid.set(template.oid, profile)
    }
  }

  /** The profile of a template OID. */
  byOid(oid: string): Profile | undefined {
    return this.#byOid.get(oid)
  }

  /** The profile of a name; case does not count. */
  byName(name: string): Profile | undefined {
    return this.#byName.get(name.toLowerCase())
  }

  /** The profiles that an account may have certificates of. */
  async open(account: Account): Promise<Profile[]> {
    const all = [...this.#byName.values()]
    const may = await Promise.all(all.map((profile) => mayEnroll(profile, account)))
    return all.filter((_, i) => may[i])
  }
}

/** Whether the keys of a profile do nothing but encrypt. */
export const onlyEncrypts = ({
  keyUsage,
  extendedKeyUsage: purposes,
}: Pick<Profile, 'keyUsage' | 'extendedKeyUsage'>): boolean =>
  keyUsage.every((usage) => ARCHIVABLE_USAGES.includes(usage)) &&
  !purposes.some((purpose) => PROVING_PURPOSES.includes(purpose))

function isConsistent(profile: Profile): boolean {
  const { name, validity, keyUsage, extendedKeyUsage: purposes, renewal, archival, subject, honours = [] } = profile
  return (
    name !== '' &&
    // A shorter validity was probably given in another unit.
    validity >= 60_000 &&
    keyUsage.length > 0 &&
    !keyUsage.some((usage) => AUTHORITY_USAGES.includes(usage)) &&
    purposes.length > 0 &&
    !purposes.includes(ANY_EXTENDED_KEY_USAGE) &&
    (archival === undefined || onlyEncrypts(profile)) &&
    (subject === undefined || (subject.length > 0 && !honours.includes('subject'))) &&
    (renewal === undefined || renewal.window > 0)
  )
}

/** Whether an account may have certificates of a profile. */
export async function mayEnroll({ enrollers }: Profile, account: Account): Promise<boolean> {
  if (enrollers === 'everyone') return true
  return typeof enrollers === 'function' ? enrollers(account) : enrollers.includes(account.id)
}
