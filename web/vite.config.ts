import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { languages } from './src/languages.ts'
import { pagePatterns } from './src/paths.ts'

/** What the server has to know: it answers 404 for every other path, and says the page's language and direction before any script runs. */
const pagesForTheServer: Plugin = {
  name: 'pages-for-the-server',
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: 'pages.json', source: JSON.stringify({ paths: pagePatterns, languages }) })
  },
}

const server = 'http://localhost:8080'

/** Two files instead of sixteen: they pack better (a zone's first load 158 KB instead of 163), and a browser keeps the libraries over our
 *  releases. What only two pages share stays apart: the home page would carry the seat map's geometry. */
const groups = [
  { name: 'vendor', test: /node_modules/, priority: 2 },
  { name: 'shared', test: /web.src.(ui|pages|[a-z-]*\.ts)/, minShareCount: 3 },
]

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), pagesForTheServer],
  build: { outDir: 'dist', emptyOutDir: true, assetsInlineLimit: 0, rolldownOptions: { output: { codeSplitting: { groups } } } },
  server: { proxy: { '/query': server, '/purchase': server } },
})
