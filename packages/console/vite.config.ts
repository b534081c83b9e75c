import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// oxlint-disable-next-line import/no-default-export -- Vite asks for one
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      // A schema that nothing uses is not needed, though to make one is a call.
      treeshake: { manualPureFunctions: ['z', 'EventBase'] },
      output: {
        // Beside the library that it configures, `csp.ts` runs before any schema is made.
        codeSplitting: { groups: [{ name: 'zod', test: /node_modules\/zod\/|src\/csp\.ts/ }] },
      },
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:7070' } },
})
