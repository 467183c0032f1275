// Somebody who does in a second what takes a visitor two minutes: obtains tokens, and visits the shop and the forum.
import {
  canonicalize,
  createWalletKey,
  MemoryWalletStorage,
  presentFromWallet,
  SealedWallet,
  TokenClient,
} from 'uprove-wasm/ws-trust'

/**
 * @param {object} world
 * @param {import('uprove-wasm/ws-trust').ProfileParameters} world.parameters
 * @param {(message: import('uprove-wasm/ws-trust').XmlElement) => Promise<import('uprove-wasm/ws-trust').XmlElement>} world.issue
 * @param {{ party: string, judge: (presentation: string, message: any, address: string) => Promise<{ accepted: boolean }>,
 *   challenge: () => Promise<any>, disclose: string[], recognise: boolean }[]} world.visits
 * @param {string} address
 */
export async function playStory({ parameters, issue, visits }, address) {
  const wallet = await SealedWallet.open({
    storage: new MemoryWalletStorage(),
    key: await createWalletKey(),
    parameters: [parameters],
  })
  await wallet.add(await new TokenClient({ parameters, granularity: 'month' }).obtain({ claim: 2, ID: 1 }, issue))
  for (const { party, judge, challenge, disclose, recognise } of visits) {
    const message = await challenge()
    const token = await presentFromWallet({
      ...{ wallet, parameters, message, disclose },
      relyingParty: party,
      persistentIdentifier: recognise,
    })
    const { accepted } = await judge(new TextDecoder().decode(canonicalize(token)), message, address)
    if (!accepted) throw new Error(`${party} refused the example person`)
  }
}
