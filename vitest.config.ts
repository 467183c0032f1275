import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['bindings/**/*.test.ts', 'src/**/*.test.ts', 'bench/**/*.test.ts'],
    testTimeout: 30_000,
  },
})
