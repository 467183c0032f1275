import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const pages = fileURLToPath(new URL('pages/', import.meta.url))

const head = `
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <link rel="icon" href="/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/shared/style.css" />`
const body = '<noscript>This page needs JavaScript and WebAssembly.</noscript>'

/** Adds to every page what all pages have. */
function frame() {
  /** @type {import('vite').Plugin} */
  const plugin = {
    name: 'frame',
    transformIndexHtml: {
      order: 'pre',
      handler: (html) => html.replace('<head>', `<head>${head}`).replace('<body>', `<body>${body}`),
    },
  }
  return plugin
}

/** Writes the wallet's service worker, with the names of the files that it keeps for starting offline. */
function offline() {
  /** @type {import('vite').Plugin} */
  const plugin = {
    name: 'offline',
    generateBundle(_options, bundle) {
      // What belongs to the other pages only is left out.
      const files = ['/', '/device.html', '/icon.svg', '/manifest.webmanifest']
      const own = Object.keys(bundle).filter((name) => /^assets\/(?!story|speed|claims|party)/.test(name))
      files.push(...own.map((name) => `/${name}`))
      const source = readFileSync(`${pages}wallet/service-worker.js`, 'utf8').replace(
        '[/* files */]',
        JSON.stringify(files),
      )
      this.emitFile({ type: 'asset', fileName: 'service-worker.js', source })
    },
  }
  return plugin
}

export default defineConfig({
  root: pages,
  plugins: [frame(), offline()],
  worker: { format: 'es' },
  build: {
    outDir: fileURLToPath(new URL('dist/', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // A strict content security policy forbids `data:` addresses and scripts inside the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: ['story', 'claims', 'wallet', 'device', 'party'].map((name) => `${pages}${name}.html`),
    },
  },
})
