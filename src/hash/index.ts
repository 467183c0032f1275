export { hashAlgorithm, hashFunction, type HashAlgorithm, type HashAlgorithmOptions } from './algorithm.js'
export { HashFormat, hashFormat, type HashFormatOptions, type ZeroEncoding } from './format.js'
