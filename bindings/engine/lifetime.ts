import { EngineError } from '../errors.js'

interface Disposable {
  dispose(): void
}

/** Whether an object is still usable. Disposing of an object disposes of everything made from it. */
export class Lifetime {
  #ended = false
  #owner: Disposable | undefined
  /** What has memory of its own, which is freed at the end. Not #private: a curve may come from another copy of this module than its engine. */
  private readonly owners = new Set<Disposable>()

  constructor(
    private readonly what: string,
    private readonly parent?: Lifetime,
  ) {}

  get ended(): boolean {
    return this.#ended || (this.parent?.ended ?? false)
  }

  /** Lets the end of the parent dispose of the owner of this lifetime, whose memory is its own. */
  endWithParent(owner: Disposable): void {
    this.#owner = owner
    this.parent?.owners.add(owner)
  }

  /** Throws `EngineError` (`engine/disposed`) after the end. */
  check(): void {
    if (this.ended) throw new EngineError('engine/disposed', `the ${this.what} was used after dispose()`)
  }

  end(): void {
    for (const owner of this.owners) owner.dispose()
    this.#ended = true
    if (this.#owner !== undefined) this.parent?.owners.delete(this.#owner)
  }
}
