export { groupVersion, readGroup, writeGroup, type DecodedGroup } from './group-codec.js'
export { elementFromOctets, minimalOctets, scalarFromOctets } from './transport.js'
