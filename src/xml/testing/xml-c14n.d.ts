/** The part of xml-c14n 0.0.6 that tests use; it comes without declarations. */
declare module 'xml-c14n' {
  interface Algorithm {
    canonicalise(node: object, done: (error: Error | null, text?: string) => void): void
  }
  export default function createFactory(): { createCanonicaliser(uri: string): Algorithm }
}
