export { decodeBase64, encodeBase64 } from '../../bindings/base64.js'
