export { decodeBase64, encodeBase64 } from '../../bindings/octets/base64.js'
