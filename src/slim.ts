// Like the main entry, without the kernels in its JavaScript.
export { createCurveEngine, type CurveEngineOptions } from '../bindings/loading/create-curve-engine.js'
export { createEngine, type SlimEngineOptions } from '../bindings/loading/slim-engine.js'
export * from './protocols.js'
