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

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), pagesForTheServer],
  build: { outDir: 'dist', emptyOutDir: true, assetsInlineLimit: 0 },
  server: { proxy: { '/query': server, '/purchase': server } },
})
