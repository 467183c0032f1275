// Like the main entry, without the kernels in its JavaScript.
export { createEngine, type SlimEngineOptions } from '../bindings/loading/slim-engine.js'
export * from './protocols.js'
