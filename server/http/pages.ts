/** The app's pages, built by Vite, for the window and for tablets. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import express, { type RequestHandler, type Router } from 'express'

/** No inline scripts and nothing from elsewhere; Mantine writes style elements, hence `unsafe-inline` for styles only. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  // Pictures of the team are fetched with a token, and shown from memory.
  "img-src 'self' data: blob:",
  // A tablet's page looks for the hub that took over from the one that it came from.
  "connect-src 'self' https://*.local:* ws: wss:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

export const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
  })
  next()
}

/** @param dir where `npm run build` has put the pages */
export function pages(dir: string): Router {
  const router = express.Router()
  router.use(express.static(dir, { index: 'index.html' }))
  router.get('/', (_request, response) => {
    const reason = existsSync(join(dir, 'index.html'))
      ? 'The page could not be read.'
      : 'The pages are not built yet: run "npm run build" once, then reload.'
    response.status(503).type('text/plain').send(reason)
  })
  return router
}
