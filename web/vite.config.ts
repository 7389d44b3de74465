import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { pagePatterns } from './src/paths.ts'

/** The server answers 404 for every other path, so it has to know what the app's pages are. */
const pagesForTheServer: Plugin = {
  name: 'pages-for-the-server',
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: 'pages.json', source: JSON.stringify(pagePatterns) })
  },
}

const server = 'http://localhost:8080'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), pagesForTheServer],
  build: { outDir: 'dist', emptyOutDir: true, assetsInlineLimit: 0 },
  server: { proxy: { '/query': server, '/purchase': server } },
})
