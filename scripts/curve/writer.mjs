/** Writes AssemblyScript: functions of straight-line code, and the constants that they load. */
export class Writer {
  /** @type {string[]} */
  #file = []
  /** @type {string[]} */
  #body = []
  #names = 0
  /** Vectors of constants, as pairs of 64-bit patterns, and where they lie. @type {Map<string, number>} */
  #constants = new Map()
  /** Constants that the present function has loaded. @type {Map<string, string>} */
  #loaded = new Map()

  /**
   * Adds a function.
   * @param {string} name
   * @param {string} parameters
   * @param {string} comment
   * @param {() => void} write writes its statements
   */
  function(name, parameters, comment, write) {
    ;[this.#body, this.#names] = [[], 0]
    this.#loaded.clear()
    write()
    const loads = [...this.#loaded].map(([key, local]) => `  const ${local} = ${this.#load(key)}`)
    this.#file.push(`/** ${comment} */`, `export function ${name}(${parameters}): void {`, ...loads, ...this.#body, '}')
  }

  /** Adds a declaration. @param {string} line */
  declare(line) {
    this.#file.push(line)
  }

  /**
   * Gives the value of an expression a name.
   * @param {string} expression
   */
  let(expression) {
    const name = `t${String(this.#names++)}`
    this.#body.push(`  const ${name} = ${expression}`)
    return name
  }

  /** Adds a statement. @param {string} line */
  do(line) {
    this.#body.push(`  ${line}`)
  }

  /**
   * A vector of two 64-bit patterns in a local that is loaded at the start of the function.
   * A literal would be built again at every use.
   * @param {bigint} low
   * @param {bigint} [high]
   */
  constant(low, high = low) {
    const key = this.#keyOf(low, high)
    const local = `k${String(this.#constants.get(key))}`
    this.#loaded.set(key, local)
    return local
  }

  /**
   * A vector of two 64-bit patterns, loaded where it is used.
   * @param {bigint} low
   * @param {bigint} [high]
   */
  load(low, high = low) {
    return this.#load(this.#keyOf(low, high))
  }

  /** The file. @param {string} heading */
  text(heading) {
    const patterns = [...this.#constants.keys()].join(',\n  ')
    const constants = patterns === '' ? [] : [`const K = memory.data<u64>([\n  ${patterns},\n], 16)`]
    return [heading, ...constants, ...this.#file, ''].join('\n')
  }

  /** @param {bigint} low @param {bigint} high */
  #keyOf(low, high) {
    const hex = (/** @type {bigint} */ x) => `0x${BigInt.asUintN(64, x).toString(16)}`
    const key = `${hex(low)}, ${hex(high)}`
    if (!this.#constants.has(key)) this.#constants.set(key, this.#constants.size)
    return key
  }

  /** @param {string} key */
  #load(key) {
    return `v128.load(K, ${String(16 * (this.#constants.get(key) ?? 0))})`
  }
}
