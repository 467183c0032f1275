/** Something to wait for that happens again and again. */
export class Bell {
  #ring: () => void = () => undefined
  #next = this.#wait()

  ring(): void {
    this.#ring()
    this.#next = this.#wait()
  }

  /** Resolves at the next ring. */
  heard(): Promise<void> {
    return this.#next
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => (this.#ring = resolve))
  }
}
