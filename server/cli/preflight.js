#!/usr/bin/env node
// Plain JavaScript that any Node understands, so that an old one gets a sentence, or a newer Node, and not a syntax error.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const [major, minor] = process.versions.node.split('.').map(Number)

if (major > 22 || (major === 22 && minor >= 18)) {
  // Every start strips and compiles some hundred files; from the second on that takes half the time.
  module.enableCompileCache()
  await import('./wedsync.ts')
} else {
  const newer = installedNode()
  if (newer === undefined) {
    process.stderr.write(
      `WedSync needs Node.js 22.18 or newer, and this is ${process.versions.node}. Install a newer one.\n`,
    )
    process.exit(1)
  }
  const child = spawn(newer, process.argv.slice(1), { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 1))
}

/** The Node that npm ci has put into node_modules, on Linux and Windows. */
function installedNode() {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
    return [join(folder, 'bin', 'node'), join(folder, 'bin', 'node.exe')].find((file) => existsSync(file))
  } catch {
    return undefined // no such package for this platform
  }
}
