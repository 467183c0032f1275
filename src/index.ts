export { createEngine } from '../bindings/loading/create-engine.js'
export * from './protocols.js'
