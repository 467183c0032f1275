import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{bindings,src,bench,scripts}/**/*.test.ts'],
    testTimeout: 30_000,
  },
})
