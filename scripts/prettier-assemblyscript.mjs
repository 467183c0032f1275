// Prettier for AssemblyScript: TypeScript's grammar, and decorators of functions and constants, which that grammar lacks. They are
// comments while Prettier parses, and themselves again when it prints.
import * as estreePlugin from 'prettier/plugins/estree'
import * as typescriptPlugin from 'prettier/plugins/typescript'

const { estree } = /** @type {{ printers: Record<string, import('prettier').Printer> }} */ (
  /** @type {unknown} */ (estreePlugin)
).printers
const { typescript } = typescriptPlugin.parsers

const decorator = /^(\s*)@(inline|lazy|external|unsafe|global)\b(?!\()/gm

/** @type {Record<string, import('prettier').Parser>} */
export const parsers = {
  assemblyscript: {
    ...typescript,
    astFormat: 'assemblyscript',
    preprocess: (text) => text.replace(decorator, '$1/*@$2*/'),
  },
}

/** @type {Record<string, import('prettier').Printer>} */
export const printers = {
  assemblyscript: {
    .../** @type {import('prettier').Printer} */ (estree),
    printComment(path, options) {
      const { value } = /** @type {{ value: string }} */ (path.node)
      if (/^@\w+$/.test(value)) return value
      return estree?.printComment?.(path, options) ?? ''
    },
  },
}

export const languages = [{ name: 'AssemblyScript', parsers: ['assemblyscript'] }]
