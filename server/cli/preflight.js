// Plain JavaScript that any Node understands, so that an old one gets a sentence and not a syntax error.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `WedSync needs Node.js 22.18 or newer and runs on ${process.versions.node}. ` +
      'Run it through npm ("npm start", "npm run wedsync -- …"): npm ci has put a newer one in place on Linux and Windows.\n',
  )
  process.exit(1)
}
await import('./wedsync.ts')
