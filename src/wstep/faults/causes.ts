import type { PkiErrorCode } from '../../pki/errors.js'

// The causes of a refusal that a client can do something about, by the code that the log has. {} is the detail of the cause: the
// place, the name, the time; the words around it in parentheses are left out if there is none.

/** What a client is told of one cause: more than the text of its reason. */
export interface Cause {
  /** HRESULT, if it is not that of the reason. [MS-ERREF] 2.1.1 */
  readonly errorCode?: number
  readonly english: string
  readonly german: string
  readonly french: string
  readonly japanese: string
}

/** Codes of `PkiError`, and those of denials that have texts of their own. */
export type CauseCode = keyof typeof TABLE

/** NTE_BAD_ALGID */
const ALGORITHM = 0x80090008 | 0
/** CRYPT_E_NO_SIGNER */
const NO_SIGNER = 0x8009200e | 0

const TABLE = {
  'pki/not-der': {
    english: 'The certificate request is not DER (octet {}).',
    german: 'Die Zertifikatanforderung ist kein DER (Oktett {}).',
    french: "La demande de certificat n'est pas en DER (octet {}).",
    japanese: '証明書要求は DER ではありません (オクテット {})。',
  },
  'pki/request-version': {
    english: 'The version of the certificate request is not 0, the only one of PKCS #10.',
    german: 'Die Version der Zertifikatanforderung ist nicht 0, die einzige von PKCS #10.',
    french: "La version de la demande de certificat n'est pas 0, la seule de PKCS #10.",
    japanese: '証明書要求のバージョンが 0 ではありません。PKCS #10 のバージョンは 0 だけです。',
  },
  'pki/duplicate': {
    english: 'An attribute or extension of the certificate request occurs twice, or has several values ({}).',
    german: 'Ein Attribut oder eine Erweiterung der Zertifikatanforderung ist doppelt oder hat mehrere Werte ({}).',
    french: 'Un attribut ou une extension de la demande de certificat est en double ou a plusieurs valeurs ({}).',
    japanese: '証明書要求の属性または拡張が重複しているか、複数の値を持っています ({})。',
  },
  'pki/empty': {
    english: 'An attribute of the certificate request has no value ({}).',
    german: 'Ein Attribut der Zertifikatanforderung hat keinen Wert ({}).',
    french: "Un attribut de la demande de certificat n'a pas de valeur ({}).",
    japanese: '証明書要求の属性に値がありません ({})。',
  },
  'pki/algorithm': {
    errorCode: ALGORITHM,
    english: 'A hash or signature algorithm of the certificate request is not accepted ({}).',
    german: 'Ein Hash- oder Signaturalgorithmus der Zertifikatanforderung wird nicht akzeptiert ({}).',
    french: "Un algorithme de hachage ou de signature de la demande de certificat n'est pas accepté ({}).",
    japanese: '証明書要求のハッシュまたは署名アルゴリズムは受け入れられません ({})。',
  },
  'pki/cms-digest': {
    errorCode: ALGORITHM,
    english: 'A digest algorithm of the message is not accepted ({}).',
    german: 'Ein Hashalgorithmus der Nachricht wird nicht akzeptiert ({}).',
    french: "Un algorithme de hachage du message n'est pas accepté ({}).",
    japanese: 'メッセージのハッシュ アルゴリズムは受け入れられません ({})。',
  },
  'pki/algorithm-parameters': {
    errorCode: ALGORITHM,
    english: 'The parameters of the signature algorithm of the certificate request are malformed.',
    german: 'Die Parameter des Signaturalgorithmus der Zertifikatanforderung sind fehlerhaft.',
    french: "Les paramètres de l'algorithme de signature de la demande de certificat sont mal formés.",
    japanese: '証明書要求の署名アルゴリズムのパラメーターの形式が正しくありません。',
  },
  'pki/signature': {
    english: 'The signature of the certificate request does not verify.',
    german: 'Die Signatur der Zertifikatanforderung ist falsch.',
    french: 'La signature de la demande de certificat est incorrecte.',
    japanese: '証明書要求の署名を検証できません。',
  },
  'pki/null-signature': {
    english: 'The certificate request has a null signature, which proves nothing and is not accepted.',
    german: 'Die Zertifikatanforderung hat eine Null-Signatur, die nichts beweist und nicht akzeptiert wird.',
    french: "La demande de certificat a une signature nulle, qui ne prouve rien et n'est pas acceptée.",
    japanese: '証明書要求の署名は null 署名です。これは何も証明しないため、受け入れられません。',
  },
  'pki/signer-missing': {
    errorCode: NO_SIGNER,
    english: 'The message around the certificate request lacks a signer.',
    german: 'Der Nachricht um die Zertifikatanforderung fehlt ein Unterzeichner.',
    french: 'Il manque un signataire au message qui contient la demande de certificat.',
    japanese: '証明書要求を含むメッセージに署名者がいません。',
  },
  'pki/signer-signature': {
    english: 'The signature around the certificate request does not verify.',
    german: 'Die Signatur um die Zertifikatanforderung ist falsch.',
    french: 'La signature autour de la demande de certificat est incorrecte.',
    japanese: '証明書要求を囲む署名を検証できません。',
  },
  'pki/key-type': {
    english: 'The type of the key is not accepted ({}). RSA, ECDSA on P-256, P-384 and P-521, and DSA are.',
    german:
      'Der Typ des Schlüssels wird nicht akzeptiert ({}). Akzeptiert werden RSA, ECDSA auf P-256, P-384 und P-521, und DSA.',
    french: "Le type de la clé n'est pas accepté ({}). RSA, ECDSA sur P-256, P-384 et P-521, et DSA le sont.",
    japanese: 'キーの種類は受け入れられません ({})。RSA、P-256、P-384、P-521 の ECDSA、DSA が受け入れられます。',
  },
  'pki/ec-curve': {
    english: 'The elliptic curve of the key is not accepted ({}). P-256, P-384 and P-521 are.',
    german:
      'Die elliptische Kurve des Schlüssels wird nicht akzeptiert ({}). Akzeptiert werden P-256, P-384 und P-521.',
    french: "La courbe elliptique de la clé n'est pas acceptée ({}). P-256, P-384 et P-521 le sont.",
    japanese: 'キーの楕円曲線は受け入れられません ({})。P-256、P-384、P-521 が受け入れられます。',
  },
  'pki/ec-compressed': {
    english:
      'The point of the elliptic curve key is compressed or of the wrong length. Uncompressed points are accepted.',
    german:
      'Der Punkt des Schlüssels ist komprimiert oder hat die falsche Länge. Akzeptiert werden unkomprimierte Punkte.',
    french: 'Le point de la clé est compressé ou de mauvaise longueur. Les points non compressés sont acceptés.',
    japanese: 'キーの点が圧縮されているか、長さが正しくありません。圧縮されていない点が受け入れられます。',
  },
  'pki/rsa-too-small': {
    english: 'The RSA key is too small. It needs at least 2048 bits.',
    german: 'Der RSA-Schlüssel ist zu klein. Er braucht mindestens 2048 Bit.',
    french: 'La clé RSA est trop petite. Il faut au moins 2048 bits.',
    japanese: 'RSA キーが小さすぎます。2048 ビット以上が必要です。',
  },
  'pki/cms-attributes': {
    english: 'The signed attributes of the message are missing or malformed.',
    german: 'Die signierten Attribute der Nachricht fehlen oder sind fehlerhaft.',
    french: 'Les attributs signés du message manquent ou sont mal formés.',
    japanese: 'メッセージの署名付き属性がないか、形式が正しくありません。',
  },
  'pki/cmc-control': {
    english: 'A control or attribute of the CMC request is not supported ({}).',
    german: 'Ein Steuerelement oder Attribut der CMC-Anforderung wird nicht unterstützt ({}).',
    french: "Un contrôle ou un attribut de la demande CMC n'est pas pris en charge ({}).",
    japanese: 'CMC 要求のコントロールまたは属性はサポートされていません ({})。',
  },
  'pki/cmc-body': {
    english: 'The request in the CMC message is not a PKCS #10 ({}).',
    german: 'Die Anforderung in der CMC-Nachricht ist kein PKCS #10 ({}).',
    french: "La demande dans le message CMC n'est pas au format PKCS #10 ({}).",
    japanese: 'CMC メッセージ内の要求は PKCS #10 ではありません ({})。',
  },
  'pki/cmc-requests': {
    english: 'The CMC message does not contain exactly one request.',
    german: 'Die CMC-Nachricht enthält nicht genau eine Anforderung.',
    french: 'Le message CMC ne contient pas exactement une demande.',
    japanese: 'CMC メッセージに含まれる要求が 1 つではありません。',
  },
  'pki/cmc-body-part': {
    english: 'A body part identifier of the CMC message occurs twice, or refers to nothing.',
    german: 'Eine Kennung in der CMC-Nachricht ist doppelt oder verweist auf nichts.',
    french: 'Un identificateur de partie du message CMC est en double ou ne désigne rien.',
    japanese: 'CMC メッセージの本文部分の識別子が重複しているか、参照先がありません。',
  },
  'pki/pairs': {
    english: 'The name-value pairs of the request are malformed, or one name has two values.',
    german: 'Die Name-Wert-Paare der Anforderung sind fehlerhaft, oder ein Name hat zwei Werte.',
    french: 'Les paires nom-valeur de la demande sont mal formées, ou un nom a deux valeurs.',
    japanese: '要求の名前と値の組の形式が正しくないか、1 つの名前に 2 つの値があります。',
  },
  'pki/on-behalf': {
    english: 'Requests on behalf of others are not accepted.',
    german: 'Anforderungen im Namen anderer werden nicht akzeptiert.',
    french: "Les demandes au nom d'autrui ne sont pas acceptées.",
    japanese: '他人に代わる要求は受け入れられません。',
  },

  'denial/template-unknown': {
    english: 'The certification authority has no such certificate template (it has: {}).',
    german: 'Die Zertifizierungsstelle hat keine solche Zertifikatvorlage (sie hat: {}).',
    french: "L'autorité de certification n'a pas ce modèle de certificat (elle a : {}).",
    japanese: 'この証明機関にはその証明書テンプレートがありません (あるもの: {})。',
  },
  'denial/template-missing': {
    english: 'The request names no certificate template (there are: {}).',
    german: 'Die Anforderung nennt keine Zertifikatvorlage (es gibt: {}).',
    french: 'La demande ne nomme aucun modèle de certificat (il y a : {}).',
    japanese: '要求に証明書テンプレートが指定されていません (あるもの: {})。',
  },
  'denial/null-signature': {
    english: 'A null signature is accepted only for certificate templates whose keys do nothing but encrypt.',
    german: 'Eine Null-Signatur wird nur für Zertifikatvorlagen akzeptiert, deren Schlüssel nur verschlüsseln.',
    french: "Une signature nulle n'est acceptée que pour les modèles dont les clés ne font que chiffrer.",
    japanese: 'null 署名は、キーを暗号化だけに使う証明書テンプレートでのみ受け入れられます。',
  },
  'denial/subject-request-attribute': {
    english: 'The subject of the request lacks an attribute that the certificate template takes from it ({}).',
    german: 'Dem Antragsteller in der Anforderung fehlt ein Attribut, das die Zertifikatvorlage von dort nimmt ({}).',
    french: 'Il manque au sujet de la demande un attribut que le modèle de certificat en prend ({}).',
    japanese: '要求のサブジェクトに、証明書テンプレートがそこから取る属性がありません ({})。',
  },
  'denial/subject-account-attribute': {
    english: 'The name of the account lacks an attribute that the certificate template takes from it ({}).',
    german: 'Dem Namen des Kontos fehlt ein Attribut, das die Zertifikatvorlage von dort nimmt ({}).',
    french: 'Il manque au nom du compte un attribut que le modèle de certificat en prend ({}).',
    japanese: 'アカウントの名前に、証明書テンプレートがそこから取る属性がありません ({})。',
  },
  'denial/renewal-early': {
    english: 'It is too early to renew the certificate (it can be renewed from {} on).',
    german: 'Es ist zu früh, das Zertifikat zu erneuern (möglich ab {}).',
    french: 'Il est trop tôt pour renouveler le certificat (possible à partir de {}).',
    japanese: '証明書を更新するにはまだ早すぎます ({} から更新できます)。',
  },
  'denial/renewal-expired': {
    english: 'The certificate to renew has ended, or has not begun. Enroll for a new one.',
    german:
      'Das Zertifikat, das erneuert werden soll, ist abgelaufen oder noch nicht gültig. Fordern Sie ein neues an.',
    french: "Le certificat à renouveler a expiré ou n'est pas encore valide. Demandez-en un nouveau.",
    japanese: '更新する証明書の有効期間が終わっているか、まだ始まっていません。新しい証明書を要求してください。',
  },
  'denial/renewal-profile': {
    english: 'Certificates of this template cannot be renewed. Enroll for a new one.',
    german: 'Zertifikate dieser Vorlage können nicht erneuert werden. Fordern Sie ein neues an.',
    french: 'Les certificats de ce modèle ne se renouvellent pas. Demandez-en un nouveau.',
    japanese: 'このテンプレートの証明書は更新できません。新しい証明書を要求してください。',
  },
} as const satisfies Partial<Record<PkiErrorCode | `denial/${string}`, Cause>>

/** By code. */
export const CAUSES: Readonly<Record<CauseCode, Cause>> = TABLE

export const isCauseCode = (code: string): code is CauseCode => Object.keys(TABLE).includes(code)

/** The texts of all causes in one language. */
export function causeTexts(
  language: 'english' | 'german' | 'french' | 'japanese',
): Readonly<Record<CauseCode, string>> {
  const entries = Object.entries(CAUSES).map(([code, cause]) => [code, cause[language]])
  return Object.fromEntries(entries) as Record<CauseCode, string>
}

/** A text with its detail, or without the parentheses that hold it. */
export function fillDetail(text: string, detail: string | undefined): string {
  return detail === undefined ? text.replace(/ ?\([^()]*\{\}[^()]*\)/, '') : text.replace('{}', () => detail)
}
