import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { ownProcessorTime } from '../timing/schedule.js'
import { percentile } from '../timing/statistics.js'

// BBS signatures, the other way to anonymous credentials, by packages that are fetched for a measurement and are no dependencies.

/** What is measured of each package: the steps that have a counterpart in U-Prove. */
const steps = ['sign', 'check the signature', 'present two of five', 'verify the presentation'] as const
type Step = (typeof steps)[number]

/** One package, ready to be timed. */
interface Peer {
  readonly name: string
  readonly run: Readonly<Record<Step, () => unknown>>
  /** Octets of a signature, and of a presentation. */
  readonly octets: readonly [signature: number, presentation: number]
}

/** How long a step of a package takes. */
export interface BbsResult {
  readonly name: string
  readonly octets: Peer['octets']
  /** 10th percentiles by step, us of processor time. */
  readonly steps: Readonly<Record<Step, number>>
}

const packages = ['@mattrglobal/pairing-crypto@0.4.2', '@docknetwork/crypto-wasm-ts@0.67.0'] as const

const messages = ['Alice', 'citizen', '1990-05-17', 'Berlin', '42'].map((text) => new TextEncoder().encode(text))
const isRevealed = (i: number): boolean => i < 2
const revealed = new Map([...messages.entries()].filter(([i]) => isRevealed(i)))

interface PairingCrypto {
  readonly bbs: {
    readonly bls12381_sha256: Readonly<
      Record<'generateKeyPair', () => Promise<{ secretKey: Uint8Array; publicKey: Uint8Array }>> &
        Record<'sign' | 'deriveProof', (request: object) => Promise<Uint8Array>> &
        Record<'verify' | 'verifyProof', (request: object) => Promise<{ verified: boolean }>>
    >
  }
}

async function pairingCrypto(load: NodeJS.Require): Promise<Peer> {
  const suite = (load('@mattrglobal/pairing-crypto') as PairingCrypto).bbs.bls12381_sha256
  const { secretKey, publicKey } = await suite.generateKeyPair()
  const presentationHeader = crypto.getRandomValues(new Uint8Array(32))
  const sign = () => suite.sign({ secretKey, publicKey, messages })
  const signature = await sign()
  const choice = messages.map((value, i) => ({ value, reveal: isRevealed(i) }))
  const present = () =>
    suite.deriveProof({ publicKey, signature, presentationHeader, verifySignature: false, messages: choice })
  const proof = await present()
  const shown = Object.fromEntries(revealed)
  return {
    name: packages[0],
    octets: [signature.length, proof.length],
    run: {
      sign,
      'check the signature': async () => requireTrue((await suite.verify({ publicKey, signature, messages })).verified),
      'present two of five': present,
      'verify the presentation': async () =>
        requireTrue((await suite.verifyProof({ publicKey, proof, presentationHeader, messages: shown })).verified),
    },
  }
}

interface Verdict {
  readonly verified: boolean
}

/** The classes of crypto-wasm-ts that take part. */
interface CryptoWasm {
  initializeWasm(): Promise<unknown>
  bytesToChallenge(octets: Uint8Array): Uint8Array
  readonly BBSSignatureParams: { generate(count: number, label: Uint8Array): object }
  readonly BBSKeypair: { generate(parameters: object): { secretKey: object; publicKey: object } }
  readonly BBSSignature: {
    generate(messages: Uint8Array[], key: object, parameters: object, encode: boolean): CryptoWasmSignature
  }
  readonly BBSPoKSignatureProtocol: {
    initialize(...given: readonly unknown[]): {
      challengeContribution(parameters: object, encode: boolean, revealed: Map<number, Uint8Array>): Uint8Array
      generateProof(challenge: Uint8Array): CryptoWasmProof
    }
  }
}
interface CryptoWasmSignature {
  readonly value: Uint8Array
  verify(messages: Uint8Array[], key: object, parameters: object, encode: boolean): Verdict
}
interface CryptoWasmProof {
  readonly value: Uint8Array
  challengeContribution(parameters: object, encode: boolean, revealed: Map<number, Uint8Array>): Uint8Array
  verify(challenge: Uint8Array, key: object, parameters: object, encode: boolean, revealed: object): Verdict
}

async function cryptoWasm(load: NodeJS.Require): Promise<Peer> {
  // An ES module, which only `import()` loads.
  const dock = (await import(pathToFileURL(load.resolve('@docknetwork/crypto-wasm-ts')).href)) as CryptoWasm
  await dock.initializeWasm()
  const parameters = dock.BBSSignatureParams.generate(messages.length, new TextEncoder().encode('bench'))
  const { secretKey, publicKey } = dock.BBSKeypair.generate(parameters)
  const sign = () => dock.BBSSignature.generate(messages, secretKey, parameters, true)
  const signature = sign()
  const present = () => {
    const indices = new Set(revealed.keys())
    const given = [messages, signature, parameters, true, undefined, indices]
    const protocol = dock.BBSPoKSignatureProtocol.initialize(...given)
    return protocol.generateProof(dock.bytesToChallenge(protocol.challengeContribution(parameters, true, revealed)))
  }
  const proof = present()
  const verify = () => {
    const challenge = dock.bytesToChallenge(proof.challengeContribution(parameters, true, revealed))
    return proof.verify(challenge, publicKey, parameters, true, revealed)
  }
  return {
    name: packages[1],
    octets: [signature.value.length, proof.value.length],
    run: {
      sign,
      'check the signature': () => requireTrue(signature.verify(messages, publicKey, parameters, true).verified),
      'present two of five': present,
      'verify the presentation': () => requireTrue(verify().verified),
    },
  }
}

function requireTrue(verified: boolean): void {
  if (!verified) throw new Error('a package refuses what it made itself')
}

/**
 * Fetches the packages into a temporary folder and times them in turns for some seconds, in processor time: a call is so long
 * that other load would always fall into it.
 */
export async function measureBbs(seconds: number): Promise<BbsResult[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'uprove-bench-bbs-'))
  try {
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save']
    execFileSync('npm', ['install', '--prefix', folder, ...options, ...packages], { stdio: 'ignore' })
    const load = createRequire(path.join(folder, 'index.js'))
    const peers = [await pairingCrypto(load), await cryptoWasm(load)]
    const times = peers.map((peer) => ({ peer, timed: steps.map((step) => ({ step, samples: [] as number[] })) }))
    const end = performance.now() + 1000 * seconds
    // The first round warms up.
    for (let round = 0; round < 4 || performance.now() < end; round++) {
      for (const { peer, timed } of times) {
        for (const { step, samples } of timed) {
          const begin = ownProcessorTime()
          await peer.run[step]()
          if (round > 0) samples.push(1000 * (ownProcessorTime() - begin))
        }
      }
    }
    return times.map(({ peer: { name, octets }, timed }) => {
      const entries = timed.map(
        ({ step, samples }) => [step, percentile(Float64Array.from(samples).sort(), 10)] as const,
      )
      return { name, octets, steps: Object.fromEntries(entries) as Record<Step, number> }
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}
