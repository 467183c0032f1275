export { deriveGenerator, scopeElement, type Digest } from './derivation.js'
export { elementFromOctets, minimalOctets, scalarFromOctets } from './transport.js'
