import { request } from 'node:http'
import { createServer } from 'node:https'
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { redirectPlainHttp } from '../../../server/http/plainHttp.ts'
import { createCertificate } from '../../../server/identity/certificate.ts'
import { httpCall } from '../../support/httpCall.ts'
import { listen, tlsOptions } from '../identity/support.ts'

const certificate = await createCertificate('Hub')

async function start(): Promise<{ port: number; heard: () => readonly string[] }> {
  const heard: string[] = []
  const server = createServer(tlsOptions(certificate), (incoming, response) => {
    heard.push(incoming.url ?? '')
    response.end('{}')
  })
  redirectPlainHttp(server, ['wedsync-0123456789.local'])
  onTestFinished(() => server.closeAllConnections())
  return { port: await listen(server), heard: () => heard }
}

function ask(port: number, path: string, host?: string): Promise<{ status: number; location: string; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = host === undefined ? {} : { host }
    const asking = request({ host: '127.0.0.1', port, path, method: 'POST', headers }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, location: response.headers.location ?? '', body }),
      )
    })
    asking.on('error', reject)
    asking.end('{"secret":"s"}')
  })
}

it('sends plain HTTP to HTTPS at the same place, and does nothing else with it', async () => {
  const { port, heard } = await start()
  const answer = await ask(port, '/api/offline/join?x=1')
  expect(answer).toEqual({ status: 308, location: `https://127.0.0.1:${port}/api/offline/join?x=1`, body: '' })
  expect(heard()).toEqual([])
})

it('sends nobody to another server, whatever host and path are asked for', async () => {
  const { port } = await start()
  expect((await ask(port, '/', 'evil.example')).location).toBe(`https://127.0.0.1:${port}/`)
  expect((await ask(port, '/', `WedSync-0123456789.local:${port}`)).location).toBe(
    `https://wedsync-0123456789.local:${port}/`,
  )
  expect(new URL((await ask(port, '//evil.example/')).location).host).toBe(`127.0.0.1:${port}`)
  expect((await ask(port, 'http://evil.example/')).location).toBe(`https://127.0.0.1:${port}/`)
})

it('leaves TLS as it was', async () => {
  const { port, heard } = await start()
  const { fingerprint } = certificate
  expect((await httpCall(`https://127.0.0.1:${port}/a`, { method: 'GET', fingerprint })).status).toBe(200)
  expect(heard()).toEqual(['/a'])
})

it('hangs up on somebody who connects and says nothing', async () => {
  const { port } = await start()
  const socket = connect(port, '127.0.0.1')
  await new Promise((resolve) => socket.once('close', resolve))
})
