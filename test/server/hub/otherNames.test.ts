import { createServer, type Server } from 'node:http'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { teamHost } from '../../../model/identity/teamHost.ts'
import { listen } from '../../../server/http/listen.ts'
import { allowOtherNames } from '../../../server/hub/otherNames.ts'
import { uuidOf } from '../../support/ids.ts'
import { mustBeOk } from '../../support/mustBeOk.ts'

const HOST = teamHost(uuidOf(1))
const OWN = [`https://${HOST}:8443`, `https://0a1b2c3d.${HOST}:8443`]
const STRANGERS = [
  'https://example.org',
  `https://${teamHost(uuidOf(2))}:8443`,
  `http://${HOST}:8443`,
  `https://${HOST}.example.org`,
  `https://evil-${HOST}`,
  'null',
]

let server: Server
let url: string
beforeAll(async () => {
  const app = express().use(allowOtherNames(HOST))
  app.get('/devices', (_request, response) => void response.json({ devices: [] }))
  server = createServer(app)
  url = `http://127.0.0.1:${mustBeOk(await listen(server, 0, '127.0.0.1'))}/devices`
})
afterAll(() => server.close())

function preflight(origin: string): Promise<Response> {
  const asks = {
    'Access-Control-Request-Method': 'PUT',
    'Access-Control-Request-Headers': 'authorization,content-range',
  }
  return fetch(url, { method: 'OPTIONS', headers: { Origin: origin, ...asks } })
}

describe.each(OWN)('a page of %s', (origin) => {
  it('may call, and send what it needs to', async () => {
    const answer = await fetch(url, { headers: { Origin: origin } })
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    const asked = await preflight(origin)
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-headers')).toBe('authorization,content-range')
    expect(asked.headers.get('access-control-allow-methods')).toContain('PUT')
  })
})

describe.each(STRANGERS)('a page of %s', (origin) => {
  it('is told nothing that would let it call', async () => {
    for (const answer of [await fetch(url, { headers: { Origin: origin } }), await preflight(origin)]) {
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
      expect(answer.headers.get('vary')).toBe('Origin')
    }
  })
})
