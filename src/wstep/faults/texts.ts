import type { DenialReason } from '../../pki/authority.js'
import { causeTexts, type CauseCode } from './causes.js'

/** The texts for clients: the outcome of a request, the reason for a denial, the fault in a message. */
export type TextKey = 'issued' | 'pending' | DenialReason | FaultReason

/** Why a message is refused before, or without, an answer of the authority. */
export type FaultReason =
  | 'malformed'
  | 'too-large'
  | 'version'
  | 'must-understand'
  | 'addressing'
  | 'action'
  | 'security-header'
  | 'expired'
  | 'authentication-required'
  | 'authentication-failed'
  | 'not-a-request'
  | 'request-type'
  | 'request-type-action'
  | 'token-type'
  | 'security-token'
  | 'encoding-type'
  | 'certificate-request'
  | 'signature'
  | 'key'
  | 'archival-unavailable'
  | 'archived-key'
  | 'request-id'
  | 'request-unknown'
  | 'key-exchange-token'
  | 'key-exchange-unavailable'
  | 'policy-request'
  | 'internal'

/** A language: every text in it. The texts of causes, which say more than those of reasons, may be left out. */
export type Catalogue = Readonly<Record<TextKey, string>> & Readonly<Partial<Record<CauseCode, string>>>

/** Clients compare the first 6 characters of `issued` and the first 22 of `pending`. */
export const ENGLISH: Catalogue = {
  ...causeTexts('english'),
  issued: 'Issued',
  pending: 'Taken Under Submission',

  'denied-by-operator': 'The request was denied by an administrator.',
  'denied-by-policy': 'The request was denied by the policy of the certification authority.',
  'template-unknown': 'The requested certificate template is not supported by this certification authority.',
  'template-missing': 'The request names no certificate template.',
  'template-denied':
    'The permissions on the certificate template do not allow you to enroll for this type of certificate.',
  'template-conflict': 'The request names conflicting certificate templates.',
  'subject-missing': 'The certificate would have neither a subject nor an alternative name.',
  'subject-refused': 'The requested subject name is invalid, or belongs to another account.',
  'key-refused': 'The public key is too weak, or its type is not accepted.',
  'key-compromised': 'A certificate with this public key was revoked because the key was compromised.',
  'renewal-refused': 'The certificate cannot be renewed.',
  'archival-unavailable': 'The certification authority cannot archive private keys.',
  'archival-unexpected': 'The certificate template does not allow a private key to be archived.',
  'archival-required': 'The certificate template requires the private key to be archived, and the request has none.',
  'archived-key':
    'The private key in the request cannot be archived: it is damaged, encrypted for another recipient or in another way, or not that of the request.',
  revoked: 'The certificate was revoked.',

  malformed: 'The message is not a well-formed SOAP 1.2 envelope.',
  'too-large': 'The message exceeds the limit on size or nesting.',
  version: 'The message does not use SOAP 1.2.',
  'must-understand': 'The server does not understand a header block that is marked mustUnderstand.',
  addressing: 'An addressing header is missing, duplicate or not supported.',
  action: 'The action is invalid.',
  'security-header': 'The security header is malformed, or contains something that is not supported.',
  expired: 'The message has expired, or is not yet valid.',
  'authentication-required': 'Authentication is required.',
  'authentication-failed': 'Authentication failed.',
  'not-a-request': 'The body is not one RequestSecurityToken.',
  'request-type': 'The request type is missing or invalid.',
  'request-type-action': 'The request type does not match the action.',
  'token-type': 'The token type is invalid.',
  'security-token': 'The BinarySecurityToken is missing or cannot be decoded.',
  'encoding-type': 'The EncodingType is invalid.',
  'certificate-request': 'The certificate request is malformed, or its form is not supported.',
  signature: 'A signature of the certificate request is missing or wrong.',
  key: 'The key of the certificate request is not accepted.',
  'request-id': 'The RequestID is missing or malformed.',
  'request-unknown': 'The request does not exist.',
  'key-exchange-token': 'The element RequestKET is missing.',
  'key-exchange-unavailable': 'The certification authority has no key exchange certificate.',
  'policy-request': 'The body is not a GetPolicies request, or does not describe the client.',
  internal: 'The server was unable to process the request due to an internal error.',
}

export const GERMAN: Catalogue = {
  ...causeTexts('german'),
  issued: 'Ausgestellt',
  pending: 'Zur Entscheidung vorgelegt',

  'denied-by-operator': 'Die Anforderung wurde von einem Administrator abgelehnt.',
  'denied-by-policy': 'Die Anforderung wurde nach den Regeln der Zertifizierungsstelle abgelehnt.',
  'template-unknown': 'Die angeforderte Zertifikatvorlage wird von dieser Zertifizierungsstelle nicht unterstützt.',
  'template-missing': 'Die Anforderung nennt keine Zertifikatvorlage.',
  'template-denied': 'Die Berechtigungen der Zertifikatvorlage erlauben Ihnen nicht, dieses Zertifikat anzufordern.',
  'template-conflict': 'Die Anforderung nennt Zertifikatvorlagen, die einander widersprechen.',
  'subject-missing': 'Das Zertifikat hätte weder einen Antragsteller noch einen alternativen Namen.',
  'subject-refused': 'Der beantragte Name ist ungültig oder gehört jemand anderem.',
  'key-refused': 'Der öffentliche Schlüssel ist zu schwach, oder sein Typ wird nicht akzeptiert.',
  'key-compromised':
    'Ein Zertifikat mit diesem öffentlichen Schlüssel wurde gesperrt, weil der Schlüssel kompromittiert ist.',
  'renewal-refused': 'Das Zertifikat kann nicht erneuert werden.',
  'archival-unavailable': 'Die Zertifizierungsstelle kann keine privaten Schlüssel archivieren.',
  'archival-unexpected': 'Die Zertifikatvorlage erlaubt nicht, dass ein privater Schlüssel archiviert wird.',
  'archival-required':
    'Die Zertifikatvorlage verlangt, dass der private Schlüssel archiviert wird; die Anforderung enthält keinen.',
  'archived-key':
    'Der private Schlüssel in der Anforderung kann nicht archiviert werden: Er ist beschädigt, für einen anderen Empfänger oder anders verschlüsselt oder nicht der der Anforderung.',
  revoked: 'Das Zertifikat wurde gesperrt.',

  malformed: 'Die Nachricht ist kein wohlgeformter Umschlag nach SOAP 1.2.',
  'too-large': 'Die Nachricht überschreitet die zulässige Größe oder Verschachtelung.',
  version: 'Die Nachricht verwendet nicht SOAP 1.2.',
  'must-understand': 'Der Server versteht ein Kopfelement nicht, das als mustUnderstand gekennzeichnet ist.',
  addressing: 'Ein Adressierungselement fehlt, ist doppelt vorhanden oder wird nicht unterstützt.',
  action: 'Die Aktion ist ungültig.',
  'security-header': 'Das Sicherheitselement ist fehlerhaft oder enthält etwas, das nicht unterstützt wird.',
  expired: 'Die Nachricht ist abgelaufen oder noch nicht gültig.',
  'authentication-required': 'Eine Anmeldung ist erforderlich.',
  'authentication-failed': 'Die Anmeldung ist fehlgeschlagen.',
  'not-a-request': 'Der Nachrichtenrumpf enthält nicht genau ein RequestSecurityToken.',
  'request-type': 'Der Anforderungstyp fehlt oder ist ungültig.',
  'request-type-action': 'Der Anforderungstyp passt nicht zur Aktion.',
  'token-type': 'Der Tokentyp ist ungültig.',
  'security-token': 'Das BinarySecurityToken fehlt oder lässt sich nicht dekodieren.',
  'encoding-type': 'Der EncodingType ist ungültig.',
  'certificate-request': 'Die Zertifikatanforderung ist fehlerhaft, oder ihr Format wird nicht unterstützt.',
  signature: 'Eine Signatur der Zertifikatanforderung fehlt oder ist falsch.',
  key: 'Der Schlüssel der Zertifikatanforderung wird nicht akzeptiert.',
  'request-id': 'Die RequestID fehlt oder ist fehlerhaft.',
  'request-unknown': 'Die Anforderung ist nicht vorhanden.',
  'key-exchange-token': 'Das Element RequestKET fehlt.',
  'key-exchange-unavailable': 'Die Zertifizierungsstelle hat kein Zertifikat für den Schlüsselaustausch.',
  'policy-request': 'Der Nachrichtenrumpf ist keine GetPolicies-Anforderung oder sagt nichts über den Client.',
  internal: 'Der Server konnte die Anforderung wegen eines internen Fehlers nicht bearbeiten.',
}

export const FRENCH: Catalogue = {
  ...causeTexts('french'),
  issued: 'Émis',
  pending: 'Soumis pour approbation',

  'denied-by-operator': 'La demande a été refusée par un administrateur.',
  'denied-by-policy': "La demande a été refusée par la stratégie de l'autorité de certification.",
  'template-unknown': "Le modèle de certificat demandé n'est pas pris en charge par cette autorité de certification.",
  'template-missing': 'La demande ne nomme aucun modèle de certificat.',
  'template-denied': "Les autorisations du modèle ne vous permettent pas d'obtenir ce type de certificat.",
  'template-conflict': 'La demande nomme des modèles de certificat contradictoires.',
  'subject-missing': "Le certificat n'aurait ni objet ni autre nom.",
  'subject-refused': "Le nom d'objet demandé n'est pas valide ou appartient à quelqu'un d'autre.",
  'key-refused': "La clé publique est trop faible ou son type n'est pas accepté.",
  'key-compromised': 'Un certificat portant cette clé publique a été révoqué, car la clé est compromise.',
  'renewal-refused': 'Le certificat ne peut pas être renouvelé.',
  'archival-unavailable': "L'autorité de certification ne peut pas archiver de clés privées.",
  'archival-unexpected': "Le modèle de certificat ne permet pas l'archivage d'une clé privée.",
  'archival-required': "Le modèle de certificat exige l'archivage de la clé privée, et la demande n'en contient pas.",
  'archived-key':
    "La clé privée de la demande ne peut pas être archivée : elle est endommagée, chiffrée pour un autre destinataire ou d'une autre façon, ou n'est pas celle de la demande.",
  revoked: 'Le certificat a été révoqué.',

  malformed: "Le message n'est pas une enveloppe SOAP 1.2 bien formée.",
  'too-large': "Le message dépasse la taille ou l'imbrication autorisée.",
  version: "Le message n'utilise pas SOAP 1.2.",
  'must-understand': "Le serveur ne comprend pas un bloc d'en-tête marqué mustUnderstand.",
  addressing: "Un en-tête d'adressage est absent, en double ou non pris en charge.",
  action: "L'action n'est pas valide.",
  'security-header': "L'en-tête de sécurité est mal formé ou contient un élément non pris en charge.",
  expired: "Le message a expiré, ou n'est pas encore valide.",
  'authentication-required': 'Une authentification est requise.',
  'authentication-failed': "L'authentification a échoué.",
  'not-a-request': "Le corps du message n'est pas un unique RequestSecurityToken.",
  'request-type': "Le type de demande manque ou n'est pas valide.",
  'request-type-action': "Le type de demande ne correspond pas à l'action.",
  'token-type': "Le type de jeton n'est pas valide.",
  'security-token': 'Le BinarySecurityToken manque ou ne peut pas être décodé.',
  'encoding-type': "L'EncodingType n'est pas valide.",
  'certificate-request': "La demande de certificat est mal formée ou son format n'est pas pris en charge.",
  signature: 'Une signature de la demande de certificat est absente ou incorrecte.',
  key: "La clé de la demande de certificat n'est pas acceptée.",
  'request-id': 'Le RequestID est absent ou mal formé.',
  'request-unknown': "La demande n'existe pas.",
  'key-exchange-token': "L'élément RequestKET est absent.",
  'key-exchange-unavailable': "L'autorité de certification n'a pas de certificat d'échange de clés.",
  'policy-request': "Le corps n'est pas une demande GetPolicies, ou ne dit rien du client.",
  internal: "Le serveur n'a pas pu traiter la demande en raison d'une erreur interne.",
}

export const JAPANESE: Catalogue = {
  ...causeTexts('japanese'),
  issued: '発行済み',
  pending: '審査待ち',

  'denied-by-operator': '要求は管理者によって拒否されました。',
  'denied-by-policy': '要求は証明機関のポリシーによって拒否されました。',
  'template-unknown': '要求された証明書テンプレートは、この証明機関ではサポートされていません。',
  'template-missing': '要求に証明書テンプレートが指定されていません。',
  'template-denied': '証明書テンプレートのアクセス許可では、この種類の証明書を登録できません。',
  'template-conflict': '要求に指定された証明書テンプレートが矛盾しています。',
  'subject-missing': '証明書にサブジェクト名も別名もありません。',
  'subject-refused': '要求のサブジェクト名が無効であるか、本人のものではありません。',
  'key-refused': '公開キーが弱すぎるか、受け入れられない種類です。',
  'key-compromised': 'この公開キーの証明書は、キーが侵害されたため失効しています。',
  'renewal-refused': 'この証明書は更新できません。',
  'archival-unavailable': '証明機関は秘密キーを保管できません。',
  'archival-unexpected': '証明書テンプレートは秘密キーの保管を許可していません。',
  'archival-required': '証明書テンプレートには秘密キーの保管が必要ですが、要求に秘密キーがありません。',
  'archived-key':
    '要求の秘密キーを保管できません。破損しているか、別の宛先用または別の方法で暗号化されているか、要求のキーと一致しません。',
  revoked: '証明書は失効しています。',

  malformed: 'メッセージは正しい形式の SOAP 1.2 エンベロープではありません。',
  'too-large': 'メッセージが許容される大きさまたは深さを超えています。',
  version: 'メッセージは SOAP 1.2 ではありません。',
  'must-understand': '理解が必須のヘッダー ブロックを処理できません。',
  addressing: 'アドレス指定ヘッダーがないか、重複しているか、サポートされていません。',
  action: 'アクションが無効です。',
  'security-header': 'セキュリティ ヘッダーの形式が正しくないか、サポートされていない内容を含んでいます。',
  expired: 'メッセージの有効期限が切れているか、まだ有効ではありません。',
  'authentication-required': '認証が必要です。',
  'authentication-failed': '認証に失敗しました。',
  'not-a-request': '本文が 1 つの RequestSecurityToken ではありません。',
  'request-type': '要求の種類がないか、無効です。',
  'request-type-action': '要求の種類がアクションと一致しません。',
  'token-type': 'トークンの種類が無効です。',
  'security-token': 'BinarySecurityToken がないか、デコードできません。',
  'encoding-type': 'EncodingType が無効です。',
  'certificate-request': '証明書要求の形式が正しくないか、サポートされていない種類です。',
  signature: '証明書要求の署名がないか、正しくありません。',
  key: '証明書要求のキーは受け入れられません。',
  'request-id': 'RequestID がないか、形式が正しくありません。',
  'request-unknown': 'そのような要求はありません。',
  'key-exchange-token': 'RequestKET 要素がありません。',
  'key-exchange-unavailable': '証明機関にキー交換証明書がありません。',
  'policy-request': '本文が GetPolicies 要求ではないか、クライアントの情報がありません。',
  internal: '内部エラーのため、サーバーは要求を処理できませんでした。',
}
