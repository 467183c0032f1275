// The sections of docs/start.md: what a reader pastes into an empty folder, and in which order.

/**
 * @typedef {object} Section
 * @property {string} tool its heading
 * @property {Map<string, string>} files by path
 * @property {{ code: string, serves: boolean }[]} commands blocks of shell commands, in order; one that `serves` does not end
 * @property {string} text the whole section
 */

/** What the fences of a document hold: the words behind the backticks, and the code. */
function blocksIn(/** @type {string} */ text) {
  return [...text.matchAll(/^```([^\n]*)\n([^]*?)^```$/gm)].map(([, words = '', code = '']) => {
    const [language = '', name] = words.split(' ')
    return { language, name, code }
  })
}

/**
 * The sections of a document, each with the files that all of them share; a file of its own takes the place of a shared one.
 * @param {string} document
 * @returns {Section[]}
 */
export function sectionsOf(document) {
  const [introduction = '', ...rest] = document.split(/^## /m)
  const shared = filesIn(introduction)
  return rest.map((part) => {
    const tool = part.slice(0, part.indexOf('\n')).trim()
    // In TypeScript they are the same text.
    const common = part.includes('`presentation.ts`')
      ? [...shared].map(([name, code]) => /** @type {const} */ ([name.replace(/\.js$/, '.ts'), code]))
      : shared
    const commands = blocksIn(part)
      .filter(({ language }) => language === 'sh')
      .map(({ code, name }) => ({ code, serves: name === 'serve' }))
    return { tool, files: new Map([...common, ...filesIn(part)]), commands, text: part }
  })
}

function filesIn(/** @type {string} */ text) {
  /** @type {Map<string, string>} */
  const files = new Map()
  for (const { language, name, code } of blocksIn(text))
    if (language !== 'sh' && name !== undefined) files.set(name, code)
  return files
}
