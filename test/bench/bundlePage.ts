import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** The part of a bench that runs in a browser, as one script; what it exports is on `window.bench`. */
export async function bundlePage(file: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      lib: { entry: fileURLToPath(new URL(file, import.meta.url)), formats: ['iife'], name: 'bench' },
    },
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const [output] = [built].flat()
  const chunk = output && 'output' in output ? output.output[0] : undefined
  if (!chunk) throw new Error('the page was not built')
  return chunk.code
}
