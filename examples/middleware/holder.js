import { answerChallenge, readChallengeHeader, writeAuthorization } from 'uprove-wasm/json'

/**
 * Answers the challenge of a refusal: the `Authorization` header for the same request. Refuses a challenge that was made for another
 * service or request.
 * @param {import('uprove-wasm').IssuerParameters} parameters
 * @param {import('uprove-wasm').IssuedToken} token
 * @param {object} request
 * @param {string[]} request.attributes all attributes of the token
 * @param {number[]} request.disclosed indices of the attributes to disclose
 * @param {string} request.method
 * @param {string} request.url with its query, which is signed too
 * @param {string} request.challenge the value of `WWW-Authenticate`
 */
export async function answer(parameters, token, { attributes, disclosed, method, url, challenge }) {
  const { origin, pathname, search } = new URL(url)
  const request = `${method} ${pathname}${search}`
  const text = readChallengeHeader(challenge)
  return writeAuthorization(
    await answerChallenge(text, { parameters, token, attributes, disclosed, audience: origin, request }),
  )
}
