import { defineConfig } from 'vite'

export default defineConfig({
  base: './',
  // The development server must leave the package in its files: the pool looks for its worker beside itself.
  optimizeDeps: { exclude: ['uprove-wasm'] },
  // Kernels as files: a strict policy forbids `data:` addresses.
  build: { assetsInlineLimit: 0 },
})
