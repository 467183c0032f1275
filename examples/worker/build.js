import { copyFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const folder = new URL('.', import.meta.url)
// Two bundles, one for the page and one for the worker.
await build({
  absWorkingDir: fileURLToPath(folder),
  entryPoints: ['page.js', 'wallet.js'],
  outdir: 'dist',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
})
await copyFile(new URL('index.html', folder), new URL('dist/index.html', folder))
