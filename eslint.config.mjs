import { fileURLToPath } from 'node:url'
import { isBuiltin } from 'node:module'
import path from 'node:path'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'
import { benchRooms, browserRooms, isForTests, roomOf, rooms } from './scripts/rooms.mjs'

const root = fileURLToPath(new URL('.', import.meta.url))

/** A file's path in the repository, with forward slashes. */
const inRepository = (/** @type {string} */ file) => path.relative(root, file).replaceAll('\\', '/')

/** @type {import('eslint').Rule.RuleModule} */
export const importOrder = {
  meta: {
    type: 'problem',
    messages: {
      order: '{{from}} must not import from {{to}}, which stands below it.',
      outside: '{{from}} must not import from outside the rooms.',
      tests: 'Only tests may import from a folder for tests.',
      node: '{{from}} also runs in browsers: no modules of Node.',
    },
    schema: [],
  },
  create(context) {
    const file = inRepository(context.filename)
    const from = roomOf(file)
    // Tests may take their material from anywhere.
    if (from < 0 || isForTests(file)) return {}
    const check = (/** @type {import('estree').Node} */ node, /** @type {unknown} */ source) => {
      if (typeof source !== 'string') return
      const report = (/** @type {string} */ messageId, to = -1) =>
        context.report({ node, messageId, data: { from: rooms[from] ?? '', to: rooms[to] ?? '' } })
      if (isBuiltin(source)) {
        if (from < browserRooms.length) report('node')
      } else if (source.startsWith('.')) {
        const target = path.posix.join(path.posix.dirname(file), source.replace(/\.js$/, '.ts'))
        const to = roomOf(target)
        if (isForTests(target) && from < rooms.length - benchRooms.length) report('tests')
        else if (to > from) report('order', to)
        else if (to < 0 && !target.startsWith('build/kernels')) report('outside')
      }
    }
    return {
      ImportDeclaration: (node) => check(node, node.source.value),
      ExportAllDeclaration: (node) => check(node, node.source.value),
      ExportNamedDeclaration: (node) => check(node, node.source?.value),
      ImportExpression: (node) => check(node, node.source.type === 'Literal' && node.source.value),
    }
  },
}

export default defineConfig(
  { ignores: ['build/', 'coverage/', 'assembly/', 'artefacts/', 'examples/*/dist/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    plugins: { house: { rules: { 'import-order': importOrder } } },
    rules: {
      'house/import-order': 'error',
      eqeqeq: 'error',
      'no-eval': 'error',
      'no-new-func': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  // Tests say what they know, and fail if they are wrong. The folders are not rid of them yet.
  {
    files: ['**/*.test.ts', '**/testing/**', 'bindings/curve/**', 'src/pki/**', 'src/store/**', 'src/uprove/**'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  // The compiler checks these; what JSON.parse, Node's events and messages of workers bring is `any` to it.
  { files: ['**/*.mjs', 'examples/**'], extends: [tseslint.configs.disableTypeChecked] },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
)
