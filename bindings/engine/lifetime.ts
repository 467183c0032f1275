import { EngineError } from '../errors.js'

/** Whether an object is still usable. Disposing of an object disposes of everything made from it. */
export class Lifetime {
  #ended = false

  constructor(
    private readonly what: string,
    private readonly parent?: Lifetime,
  ) {}

  get ended(): boolean {
    return this.#ended || (this.parent?.ended ?? false)
  }

  /** Throws `EngineError` (`engine/disposed`) after the end. */
  check(): void {
    if (this.ended) throw new EngineError('engine/disposed', `the ${this.what} was used after dispose()`)
  }

  end(): void {
    this.#ended = true
  }
}
