/** The OpenAPI document says what the servers really have, and nothing else. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { type IRouter, Router } from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBlobIndex } from '../../../model/blobs/blobIndex.ts'
import { type OpenApiDocument, openApiReply } from '../../../model/rest/openapi.ts'
import { openBlobStore } from '../../../server/blobs/blobStore.ts'
import { boxRoutes } from '../../../server/cloud/boxes.ts'
import { API_PATH, createApi } from '../../../server/rest/api.ts'
import { upgradeStatus } from '../../support/handPeer.ts'
import { httpCall } from '../../support/httpCall.ts'
import { COMPOSITIONS, type Server } from './contract/compositions.ts'
import { call, startServer, type TestServer } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'wedsync-openapi-'))
let server: TestServer
let document: OpenApiDocument
let closeBlobs: () => Promise<void>

beforeAll(async () => {
  const store = await openBlobStore({ folder, key: Buffer.alloc(32, 1), quotaBytes: 1_000_000 })
  closeBlobs = () => store.close()
  server = await startServer(({ changes }) => ({
    blobs: { store, index: createBlobIndex(changes), transfers: () => [] },
  }))
  document = openApiReply.parse((await call(server, '/openapi.json')).body)
}, 120_000)
afterAll(async () => {
  await server.close()
  await closeBlobs()
  rmSync(folder, { recursive: true })
})

/** `GET /weddings/{id}/records` of every route that a router has, those of routers inside it too. */
function operationsOf(router: IRouter): readonly string[] {
  return router.stack.flatMap(({ route, handle }) => {
    if (!route) return 'stack' in handle ? operationsOf(handle as unknown as IRouter) : []
    const path = String(route.path)
      .replace(API_PATH, '')
      .replace(/\{(\/:\w+)\}$/, '$1')
      .replace(/:(\w+)/g, '{$1}')
    return route.stack.flatMap(({ method }) => (method ? [`${method.toUpperCase()} ${path}`] : []))
  })
}

function documented(which: (servers: readonly string[]) => boolean = () => true): readonly string[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const servers = (operation['x-servers'] as readonly string[] | undefined) ?? ['local', 'hub', 'cloud']
      return which(servers) ? [`${method.toUpperCase()} ${path}`] : []
    }),
  )
}

describe('the document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    expect(await validator.validate(structuredClone(document))).toMatchObject({ valid: true })
    expect(validator.version).toBe('3.1')
    expect(await validator.validate({ ...structuredClone(document), paths: [] })).toMatchObject({ valid: false })
  })

  it('has every route of the routers', () => {
    const api = createApi(server.context, () => undefined)
    const boxes = boxRoutes(server.store, server.context.authenticate, () => undefined)
    const real = [...operationsOf(api), ...operationsOf(Router().use(boxes))]
    expect(real.length).toBeGreaterThan(35)
    expect(real.filter((operation) => !documented().includes(operation))).toEqual([])
  })

  it('names each operation once, and every parameter of its path', () => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.values(methods).map((operation) => ({ path, operation })),
    )
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { path, operation } of operations) {
      const named = operation.parameters.filter((each) => each.in === 'path').map(({ name }) => `{${name}}`)
      expect(named, path).toEqual(path.match(/\{\w+\}/g) ?? [])
    }
  })

  it('describes a request by what may be sent, not by what becomes of it', () => {
    const { requestBody, parameters } = { ...document.paths['/sync']?.post, ...document.paths['/sync']?.get }
    expect(requestBody?.content['application/json']?.schema).toMatchObject({
      type: 'object',
      required: ['changes', 'lastSyncTime', 'batchId'],
      properties: { changes: { maxItems: 100, items: { properties: { data: { type: 'object' } } } } },
    })
    expect(parameters).toContainEqual(expect.objectContaining({ name: 'limit', in: 'query', required: false }))
  })

  it('refers only to schemas that it has', () => {
    const names = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    )
    expect(names.length).toBeGreaterThan(50)
    expect(names.filter((name) => name === undefined || !document.components.schemas[name])).toEqual([])
  })

  it('needs no token, nor does its page, which runs no script and takes nothing from elsewhere', async () => {
    const response = await fetch(`${server.url}/docs`)
    const page = await response.text()
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(page).not.toMatch(/<script|https?:\/\/|javascript:|\son\w+=/i)
    for (const { operationId } of Object.values(document.paths).flatMap((methods) => Object.values(methods))) {
      expect(page).toContain(`<details id="${operationId}">`)
    }
  })
})

describe.each(Object.entries(COMPOSITIONS))('%s', (_name, start) => {
  let running: Server
  beforeAll(async () => {
    running = await start()
  }, 120_000)
  afterAll(() => running.close())

  it('has every route that the document says it has', async () => {
    const lan = running.install?.lan()
    for (const operation of documented((servers) => servers.includes(running.role))) {
      const [method = '', path = ''] = operation.split(' ')
      if (path === '/hub') continue // would open a port on the network of this machine
      const isAtLan = lan !== undefined && ['/join', '/peer', '/successions'].includes(path)
      const url = `${isAtLan ? lan.url : running.url}${API_PATH}${path.replace(/\{\w+\}/g, 'x')}`
      const fingerprint = isAtLan ? lan.fingerprint : undefined
      if (path === '/peer') {
        expect(await upgradeStatus(url, {}, [], fingerprint), operation).toBe(101)
        continue
      }
      const { status, body } = await httpCall(url, { method, token: running.owner.token, fingerprint })
      expect([status, JSON.stringify(body)], operation).not.toEqual([404, expect.stringContaining('no such route')])
      expect([405, 500], `${operation} ${JSON.stringify(body)}`).not.toContain(status)
    }
  })
})
