import { encodeProof, encodeToken, presentToken } from 'uprove-wasm'
import { messageOf } from './guard.js'

/**
 * Answers the challenge of a refusal: returns the `Authorization` header for the same request.
 * @param {import('uprove-wasm').IssuerParameters} parameters
 * @param {import('uprove-wasm').IssuedToken} issued
 * @param {object} request
 * @param {string[]} request.attributes all attributes of the token
 * @param {number[]} request.disclosed indices of the attributes to disclose
 * @param {string} request.method
 * @param {string} request.url with its query, which is signed too
 * @param {string} request.challenge the value of `WWW-Authenticate`
 */
export function answer(parameters, issued, { attributes, disclosed, method, url, challenge }) {
  const { audience, nonce } = /audience="(?<audience>[^"]*)", nonce="(?<nonce>[^"]*)"/.exec(challenge)?.groups ?? {}
  const { origin, pathname, search } = new URL(url)
  if (nonce === undefined || audience !== origin) throw new Error('the challenge is for another service')
  const message = messageOf(audience, method, pathname + search, nonce)
  const { proof } = presentToken(parameters, issued, { attributes, disclosed, message })
  const text = (/** @type {Uint8Array} */ octets) => Buffer.from(octets).toString('base64url')
  return `U-Prove ${nonce}.${text(encodeToken(parameters, issued.token))}.${text(encodeProof(parameters, proof))}`
}
