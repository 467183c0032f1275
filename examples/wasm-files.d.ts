// Bundlers turn an imported kernel into its URL.
declare module '*.wasm' {
  const address: string
  export default address
}
declare module '*.wasm?url' {
  const address: string
  export default address
}
declare module '*?worker' {
  const StartWorker: new () => Worker
  export default StartWorker
}
