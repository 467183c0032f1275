export { createEngine } from '../bindings/engine/engine.js'
export * from './protocols.js'
