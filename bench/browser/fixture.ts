/** The recommended sets that pages work with. */
export type SetName = 'L2048N256' | 'P-256'

/** Octets of Issuer parameters and of tokens, as a client keeps them, and what the tokens say. */
export interface Fixture {
  readonly parameters: Uint8Array
  readonly tokens: readonly Uint8Array[]
  readonly attributes: readonly string[]
}

/** A fixture as it is served: octets in base64. */
export interface FixtureText {
  readonly parameters: string
  readonly tokens: readonly string[]
  readonly attributes: readonly string[]
}

/** The data of a client's wallet. */
export async function fetchFixture(set: SetName): Promise<Fixture> {
  const { parameters, tokens, attributes } = (await (await fetch(`/${set}.json`)).json()) as FixtureText
  const octets = (text: string): Uint8Array => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  return { parameters: octets(parameters), tokens: tokens.map(octets), attributes }
}
