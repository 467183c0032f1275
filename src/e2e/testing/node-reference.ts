import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkout } from './checkout.js'

/** A value of the peer, which only the peer understands. */
export type Theirs = { readonly [member: string]: unknown }
export interface KeyAndToken {
  readonly upt: Theirs
  readonly alphaInverse: Theirs
}

/** The part of the peer that is used here. */
export interface NodeReference {
  readonly uprove: {
    Issuer: new (
      key: Theirs,
      A: Uint8Array[],
      TI: Uint8Array,
      n: number,
    ) => {
      createFirstMessage(): Theirs
      createThirdMessage(second: Theirs): Theirs
    }
    Prover: new (
      ip: Theirs,
      A: Uint8Array[],
      TI: Uint8Array,
      PI: Uint8Array,
      n: number,
    ) => {
      createSecondMessage(first: Theirs): Theirs
      createTokens(third: Theirs): KeyAndToken[]
    }
    generatePresentationProof(
      ip: Theirs,
      D: number[],
      key: KeyAndToken,
      m: Uint8Array,
      A: Uint8Array[],
    ): { UIDT: Uint8Array; pp: Theirs }
    verifyTokenSignature(ip: Theirs, upt: Theirs): void
    verifyPresentationProof(ip: Theirs, upt: Theirs, m: Uint8Array, pp: Theirs): { UIDT: Uint8Array }
  }
  readonly serialization: {
    encodeFirstIssuanceMessage(message: Theirs): object
    decodeFirstIssuanceMessage(ip: Theirs, message: unknown): Theirs
    encodeSecondIssuanceMessage(message: Theirs): object
    decodeSecondIssuanceMessage(ip: Theirs, message: unknown): Theirs
    encodeThirdIssuanceMessage(message: Theirs): object
    decodeThirdIssuanceMessage(ip: Theirs, message: unknown): Theirs
    encodeUProveToken(token: Theirs): object
    decodeUProveToken(ip: Theirs, token: unknown): Theirs
    encodePresentationProof(proof: Theirs): object
    decodePresentationProof(ip: Theirs, proof: unknown): Theirs
    encodeUIDT(UIDT: Uint8Array): string
  }
  readonly upjf: {
    createIssuerKeyAndParamsUPJF(descGq: string, specification: object): { ip: Theirs; y0: Theirs }
    encodeIPAsJWK(ip: Theirs): object
    decodeJWKAsIP(jwk: unknown): Theirs
    encodePrivateKeyAsBase64Url(key: Theirs): string
    decodeBase64UrlAsPrivateKey(ip: Theirs, text: string): Theirs
    createJWS(alg: string, m: Uint8Array, presentation: object): string
    parseJWS(jws: string): { header: object; payload: Uint8Array; sig: { upt?: unknown; uidt?: string; pp: unknown } }
    parseTokenInformation(TI: Uint8Array): { iss: string; exp: number }
    isExpired(type: string, exp: number): boolean
  }
}

/**
 * Loads microsoft/uprove-node-reference from the checkout that UPROVE_NODE_REFERENCE names, which its own `npm install` has built.
 * Undefined, with a message on the console, if there is none.
 * @param use what is skipped without it
 */
export function loadNodeReference(use: string): (() => Promise<NodeReference>) | undefined {
  const directory = checkout('UPROVE_NODE_REFERENCE', use, 'docs/json.md')
  if (directory === undefined) return undefined
  const entry = path.join(directory, 'js/src/index.js')
  if (!existsSync(entry)) {
    console.warn(`SKIPPED: ${use}, because ${entry} is missing: build the checkout (docs/json.md)`)
    return undefined
  }
  return async () => (await import(/* @vite-ignore */ pathToFileURL(entry).href)) as NodeReference
}
