import { createServer, type RequestListener } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { expect, it } from 'vitest'
import { createCertificate } from '../../../server/identity/certificate.ts'
import { createIdentity } from '../../../server/identity/identity.ts'
import { dialCloud, rememberCloud } from '../../../server/install/calls.ts'
import { listen, MemoryState, NOW_MS, tlsOptions } from '../identity/support.ts'

const identity = await createIdentity({ deviceName: 'Laptop', personName: 'Anna', nowMs: NOW_MS })

/** What dialling a cloud at this address ends with. */
async function problemAt(url: string, enrolToken?: string): Promise<string> {
  const state = new MemoryState()
  await rememberCloud(state, url, enrolToken)
  const problem = await dialCloud(state, identity).then(
    () => 'connected',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  expect(await state.get('cloud')).toMatchObject({ enrolled: false })
  return problem
}

async function portal(answer: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer(answer))}`
}

const page: RequestListener = (_request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Welcome to the Barn</h1>')
}
const redirect: RequestListener = (_request, response) => {
  response.writeHead(302, { Location: 'http://login.example/' }).end()
}
const required: RequestListener = (_request, response) => response.writeHead(511).end()
/** Says yes to everything, as some do to programs that test for internet. */
const yes: RequestListener = (_request, response) => response.end('{}')
const nothing: RequestListener = (_request, response) => response.writeHead(200).end()

it.each([
  ['its page', page],
  ['a redirection', redirect],
  ['status 511', required],
  ['an empty JSON object', yes],
  ['nothing', nothing],
])('a log-in page that answers with %s is not the cloud, and is told as what it is', async (_name, answer) => {
  expect(await problemAt(await portal(answer))).toMatch(/^a log-in page is in the way/)
  expect(await problemAt(await portal(answer), 'token')).toMatch(/^a log-in page is in the way/)
})

it('a cloud that has trouble is not taken for a log-in page', async () => {
  const trouble = await portal((_request, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'))
  expect(await problemAt(trouble)).toBe('the cloud answers with 502')
})

it('somebody with a certificate of his own is told nothing', async () => {
  const heard: string[] = []
  const server = createHttps(tlsOptions(await createCertificate('Portal')), ({ url }) => heard.push(url ?? ''))
  const url = `https://127.0.0.1:${await listen(server)}`
  expect(await problemAt(url)).toMatch(/^somebody else answers in the place of the cloud/)
  expect(await problemAt(url, 'token')).toMatch(/self-signed certificate/)
  expect(heard).toEqual([])
})
