import {
  material,
  required,
  failed,
  badRequest,
  badSignature,
  badKey,
  der,
  anonymous,
  flipped,
  appended,
  testRefusals,
} from './testing/refusals.js'

testRefusals({
  'a certificate request': [
    { name: 'that is no DER', message: der(() => new TextEncoder().encode('-----BEGIN')), ...badRequest },
    { name: 'that breaks off', message: der(() => material.request.subarray(0, -1)), ...badRequest },
    { name: 'that is followed by something', message: der(() => appended(material.request)), ...badRequest },
    { name: 'that is an empty sequence', message: der(() => Uint8Array.of(0x30, 0)), ...badRequest },
    { name: 'that is a certificate', message: der(() => material.old.certificate), ...badRequest },
    { name: 'with a wrong signature', message: der(() => flipped(material.request, -1)), ...badSignature },
    { name: 'with another key than signed it', message: der(() => material.otherKey), ...badSignature },
    { name: 'with a null signature', message: der(() => material.nullSignature), ...badSignature },
    { name: 'with a signature over SHA-1', message: der(() => material.sha1), ...badSignature },
    { name: 'with an RSA key of 1024 bits', message: der(() => material.rsa1024), ...badKey },
    { name: 'to renew, followed by something', message: der(() => appended(material.renewal)), ...badRequest },
    { name: 'to renew, its old signature wrong', message: der(() => flipped(material.renewal, -1)), ...badSignature },
    { name: 'to renew, its new signature wrong', message: der(() => material.renewalOfWrongProof), ...badSignature },
  ],

  'an anonymous renewal': [
    { name: 'that renews nothing', message: anonymous(() => material.signedNew), ...required },
    { name: 'without any CMS', message: anonymous(() => material.bareRenewal), ...required },
    { name: 'with the old signature wrong', message: anonymous(() => flipped(material.renewal, -1)), ...badSignature },
    { name: 'with the new signature wrong', message: anonymous(() => material.renewalOfWrongProof), ...badSignature },
    { name: 'that the new key signed alone', message: anonymous(() => material.renewalByNewKey), ...badSignature },
    { name: 'that another certificate signed', message: anonymous(() => material.renewalByOther), ...badSignature },
    { name: 'that nobody signed', message: anonymous(() => material.renewalUnsigned), ...badSignature },
    {
      name: 'of a certificate that may not be renewed',
      message: anonymous(() => material.renewalOfForeign),
      ...failed,
    },
    { name: 'that is followed by something', message: anonymous(() => appended(material.renewal)), ...badRequest },
  ],
})
