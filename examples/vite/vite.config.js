import { defineConfig } from 'vite'

export default defineConfig({
  base: './',
  // The development server must not bundle the package: the pool looks for its worker beside its own file.
  optimizeDeps: { exclude: ['uprove-wasm'] },
  // Kernels as files, because a strict content security policy forbids `data:` URLs.
  build: { assetsInlineLimit: 0 },
})
