/** Something to wait for that happens again and again. */
export class Bell {
  #ring: (() => void) | undefined
  #next: Promise<void> | undefined

  ring(): void {
    this.#ring?.()
    this.#ring = undefined
    this.#next = undefined
  }

  /** Resolves at the next ring. */
  heard(): Promise<void> {
    return (this.#next ??= new Promise((resolve) => (this.#ring = resolve)))
  }
}
