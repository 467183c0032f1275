// The programs that documents and docstrings show, and what each says that it prints.

/**
 * @typedef {object} Example
 * @property {string} where the document and the number of the block in it, or the source file and its line
 * @property {string} code
 */

/**
 * The programs of a document: blocks marked `ts`. True fragments are marked `ts fragment`. Blocks marked `js` are refused, unless they
 * name a file: such files are parts of a whole, which `npm run embedders` runs.
 * @param {string} document its path
 * @param {string} text
 * @returns {Example[]}
 */
export function programsIn(document, text) {
  if (/^ *```js$/m.test(text)) throw new Error(`${document}: programs are in TypeScript`)
  return [...text.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = ''], i) => ({
    where: `${document} ${i + 1}`,
    code,
  }))
}

/**
 * The programs of docstrings: what stands in a `ts` block behind `@example`.
 * @param {string} file its path
 * @param {string} text
 * @returns {Example[]}
 */
export function examplesIn(file, text) {
  return [...text.matchAll(/^ *\/\*\*\n[^]*?\*\/$/gm)].flatMap(({ 0: comment, index }) => {
    const line = text.slice(0, index).split('\n').length
    const plain = comment.replace(/^ *\/\*\*\n|^ *\*\/$/gm, '').replace(/^ *\* ?/gm, '')
    const blocks = [...plain.matchAll(/^@example[^\n]*\n```ts\n([^]*?)^```/gm)]
    if (blocks.length < (plain.match(/^@example/gm) ?? []).length) {
      throw new Error(`${file}:${line}: an @example is followed by a block \`\`\`ts`)
    }
    return blocks.map(([, code = '']) => ({ where: `${file}:${line}`, code }))
  })
}

/**
 * The announced output of a program: the comments behind `console.log(...)`. Quotes around texts are optional.
 * @param {string} code
 */
export function announced(code) {
  return [...code.matchAll(/console\.log\(.*\)\s+\/\/ (.+)$/gm)].map(([, output = '']) => output.replaceAll("'", ''))
}
