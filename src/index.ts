export { createEngine } from '../bindings/engine.js'
export * from './protocols.js'
