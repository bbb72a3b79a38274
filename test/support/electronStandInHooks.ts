/** `node --import electronStandInHooks.ts main.js`: gives the main process the stand-in where it imports `electron`. */
import { registerHooks } from 'node:module'

const standIn = new URL('electronStandInModule.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' ? { url: standIn, shortCircuit: true } : next(specifier, context),
})
