export { createCurveEngine, type CurveEngineOptions } from '../bindings/loading/create-curve-engine.js'
export { createEngine } from '../bindings/loading/create-engine.js'
export * from './protocols.js'
