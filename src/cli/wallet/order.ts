import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Stream } from '../command/terminal.js'
import { FailureError, UsageError } from '../errors.js'
import { readText, writeFileWhole } from '../files/files.js'

/** What an order of tokens is for. */
export interface OrderSubject {
  readonly framework: 'WS-Trust' | 'JSON Framework'
  /** The Issuer parameters' UIDP, or the `kid` of the key. */
  readonly issuer: string
  readonly user: string
  /** Whether a Device protects the tokens. */
  readonly device: boolean
}

/** How many tokens of each class. */
export interface TokenCounts {
  readonly claim: number
  readonly ID: number
}

const fileOf = (wallet: string): string => `${wallet}.missing`

/**
 * The tokens that `uprove obtain` still has to fetch. They stand in a file beside the wallet until all are there, so that `--resume` can
 * go on after an error, Ctrl-C or a crash. A crash between the wallet and the file makes the next run fetch one exchange too many.
 */
export class Order {
  #obtained = { claim: 0, ID: 0 }

  private constructor(
    private readonly wallet: string,
    private readonly subject: OrderSubject,
    private readonly counts: TokenCounts,
  ) {}

  static async begin(wallet: string, subject: OrderSubject, counts: TokenCounts): Promise<Order> {
    const order = new Order(wallet, subject, counts)
    await order.#write()
    return order
  }

  /** The tokens that an interrupted order still lacks. Throws `FailureError` if no order was interrupted. */
  static async left(wallet: string): Promise<OrderSubject & TokenCounts> {
    const file = fileOf(wallet)
    if (!existsSync(file)) throw new FailureError(`nothing to resume: ${file} does not exist, so no tokens are missing`)
    const contents = parse(await readText(file))
    if (contents === undefined) throw new FailureError(`${file} is not an order of \`uprove obtain\``)
    return contents
  }

  get missing(): TokenCounts {
    const { claim, ID } = this.counts
    return { claim: Math.max(0, claim - this.#obtained.claim), ID: Math.max(0, ID - this.#obtained.ID) }
  }

  /** These tokens are in the wallet. */
  async kept(tokenClass: keyof TokenCounts, count: number): Promise<void> {
    this.#obtained[tokenClass] += count
    await this.#write()
  }

  /** Says what the wallet got and what is missing, after a failure. */
  report(err: Stream): void {
    err.write(
      `Kept in ${this.wallet}: ${describe(this.#obtained)}. Missing: ${describe(this.missing)}. ` +
        'To fetch those, run the same command with --resume instead of the numbers.\n',
    )
  }

  async #write(): Promise<void> {
    const { claim, ID } = this.missing
    if (claim + ID === 0) await rm(fileOf(this.wallet), { force: true })
    else
      await writeFileWhole(fileOf(this.wallet), `${JSON.stringify({ ...this.subject, claim, ID })}\n`, {
        secret: true,
        replace: true,
      })
  }
}

/** Throws `UsageError` unless there is either a number of tokens or `--resume`. */
export function checkNumbers({ claim, ID }: TokenCounts, resume: boolean): void {
  if (resume && claim + ID > 0) throw new UsageError('--resume cannot be combined with a number of tokens')
  if (!resume && claim + ID === 0) throw new UsageError('missing number of tokens: use --claim, --id or both')
}

/** Throws `UsageError` if the options differ from those of the order that was broken off. */
export function checkSameOrder(
  left: OrderSubject,
  given: Omit<OrderSubject, 'issuer'> & { readonly issuer?: string },
): void {
  if (left.framework !== given.framework)
    throw new UsageError(`the tokens that are missing are of the ${left.framework}`)
  if (left.user !== given.user) throw new UsageError(`the tokens that are missing are of the account ${left.user}`)
  if (left.issuer !== (given.issuer ?? left.issuer))
    throw new UsageError(`the tokens that are missing are of ${left.issuer}`)
  if (left.device !== given.device) {
    throw new UsageError(`the tokens that are missing are ${left.device ? '' : 'not '}protected by a Device`)
  }
}

const describe = ({ claim, ID }: TokenCounts): string => `${claim} claim tokens, ${ID} ID tokens`

function parse(text: string): (OrderSubject & TokenCounts) | undefined {
  try {
    const { framework, issuer, user, device, claim, ID } = JSON.parse(text) as Record<string, unknown>
    const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
    if (framework !== 'WS-Trust' && framework !== 'JSON Framework') return undefined
    if (typeof issuer !== 'string' || typeof user !== 'string' || typeof device !== 'boolean') return undefined
    return isCount(claim) && isCount(ID) ? { framework, issuer, user, device, claim, ID } : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
