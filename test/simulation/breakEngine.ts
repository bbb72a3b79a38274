/**
 * A loader hook, for `node --import`: breaks the module that `WEDSYNC_BREAKAGE` names as it is read, and nothing on disk.
 * Exits with 3 if there was nothing to break, since a test with an engine that is whole would say nothing.
 */
import { registerHooks } from 'node:module'
import { BREAKAGES } from './breakages.ts'

const { WEDSYNC_BREAKAGE: name } = process.env
const breakage = BREAKAGES.find((one) => one.name === name)
if (!breakage) throw new Error(`there is no breakage called ${name}`)
const { file, from, to } = breakage
let isBroken = false

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!url.endsWith(`/${file}`)) return loaded
    const parts = String(loaded.source).split(from)
    if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} places to break`)
    isBroken = true
    return { ...loaded, source: parts.join(to) }
  },
})

process.on('exit', () => {
  if (!isBroken) process.exitCode = 3
})
