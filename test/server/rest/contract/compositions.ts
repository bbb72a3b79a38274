/** The three servers that speak the contract, as they really are, and people of one team with real tokens. */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { Route } from '../../../../model/rest/route.ts'
import { ROUTES, type RouteName, type Routes } from '../../../../model/rest/routes.ts'
import type { Grant, Role } from '../../../../model/roles.ts'
import { openCloud } from '../../../../server/cloud/cloud.ts'
import { createTeamKeys, mintFor } from '../../../../server/identity/token.ts'
import { ENROL_PATH } from '../../../../server/install/calls.ts'
import { type Install, openInstall } from '../../../../server/install/install.ts'

export interface Member {
  readonly userId: string
  readonly deviceId: string
  readonly token: string
}

export interface Server {
  readonly url: string
  readonly role: 'local' | 'hub' | 'cloud'
  readonly owner: Member
  member(role: Role, weddings?: Grant['weddings'], userId?: string): Member
  /** A vendor whose own these rows of `vendors` are. */
  vendor(...vendors: readonly string[]): Member
  /** Of another team, whose tokens mean nothing here or open another team's data. */
  readonly stranger: Member
  /** Only where the server is an install. */
  readonly install?: Install
  close(): Promise<void>
}

interface Team {
  readonly id: string
  readonly privateKey: string
}

function memberOf({ id, privateKey }: Team, grant: Grant, userId: string = randomUUID()): Member {
  const deviceId = createHash('sha256').update(randomUUID()).digest('base64url')
  return {
    userId,
    deviceId,
    token: mintFor({ team: id, user: userId, device: deviceId, holder: 'browser', ...grant }, privateKey, Date.now()),
  }
}

const OWNER: Grant = { role: 'owner', weddings: 'all' }

async function openInstallAs(role: 'local' | 'hub'): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), `wedsync-contract-${role}-`))
  const dataDir = join(folder, 'data')
  const opened = await openInstall({
    dataDir,
    port: 0,
    pagesDir: folder,
    log: () => undefined,
    personName: 'Ana',
    deviceName: 'laptop',
    keyProvider: () => randomBytes(32),
    // Nobody is there: what is written waits in the queue.
    ...(role === 'local' && { cloud: { url: 'http://127.0.0.1:9', token: 'none' } }),
  })
  if (!opened.ok) throw new Error(JSON.stringify(opened.error))
  const install = opened.value
  const { team, userId, deviceId, token } = install.identity
  if (role === 'hub') {
    const started = await install.startHub({ host: '127.0.0.1', port: 0 })
    if (!started.ok) throw new Error(started.error.kind)
  }
  const own: Team = { id: team.id, privateKey: team.privateKey ?? '' }
  const other: Team = { id: randomUUID(), privateKey: createTeamKeys().privateKey }
  return {
    url: install.url,
    role,
    owner: { userId, deviceId, token },
    member: (as, weddings = 'all', user) => memberOf(own, { role: as, weddings }, user),
    vendor: (...vendors) => memberOf(own, { role: 'vendor', weddings: 'all', vendors }),
    stranger: memberOf(other, OWNER),
    install,
    async close() {
      await install.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

async function openCloudServer(): Promise<Server> {
  const opened = await openCloud({ port: 0, host: '127.0.0.1', log: () => undefined })
  if (!opened.ok) throw new Error(JSON.stringify(opened.error))
  const { url, enrolToken, stop } = opened.value
  const enrolled = async (): Promise<Team> => {
    const { publicKey, privateKey } = createTeamKeys()
    const id = randomUUID()
    const reply = await fetch(`${url}${ENROL_PATH}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${enrolToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ team: { id, publicKey } }),
    })
    if (reply.status !== 200) throw new Error(await reply.text())
    return { id, privateKey }
  }
  const own = await enrolled()
  return {
    url,
    role: 'cloud',
    owner: memberOf(own, OWNER),
    member: (as, weddings = 'all', user) => memberOf(own, { role: as, weddings }, user),
    vendor: (...vendors) => memberOf(own, { role: 'vendor', weddings: 'all', vendors }),
    stranger: memberOf(await enrolled(), OWNER),
    close: stop,
  }
}

export const COMPOSITIONS = {
  'the local server': () => openInstallAs('local'),
  'the hub': () => openInstallAs('hub'),
  'the cloud': openCloudServer,
} as const

export interface Ask {
  readonly as?: Member
  readonly params?: Readonly<Record<string, string>>
  readonly query?: string
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

type Good<N extends RouteName> = Routes[N]['replies'] extends { readonly 200: infer S extends z.ZodType }
  ? z.output<S>
  : undefined

interface Answer {
  readonly status: number
  readonly body: unknown
}

/** Calls a route and checks that the reply is one that the table of routes has for its status. */
export async function ask(
  server: Server,
  name: RouteName,
  { as, params = {}, query = '', body, headers }: Ask = {},
): Promise<Answer> {
  const { method, path, replies }: Route = ROUTES[name]
  const filled = path.replace(/:(\w+)/g, (_, key: string) => params[key] ?? '')
  const response = await fetch(`${server.url}/api/offline${filled}${query}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(as && { authorization: `Bearer ${as.token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const { status } = response
  const schema = replies[status]
  if (!schema) throw new Error(`${name} answered ${status}, which the table of routes does not have: ${text}`)
  const parsed: unknown = text === '' ? undefined : JSON.parse(text)
  const checked = schema.safeParse(parsed)
  if (!checked.success)
    throw new Error(`${name} answered ${status} with something else than it says: ${checked.error.message}\n${text}`)
  return { status, body: parsed }
}

/** The reply of a call that succeeds. */
export async function good<N extends RouteName>(server: Server, name: N, options: Ask = {}): Promise<Good<N>> {
  const { status, body } = await ask(server, name, { as: server.owner, ...options })
  if (status >= 300) throw new Error(`${name} answered ${status}: ${JSON.stringify(body)}`)
  // Checked against this very schema above.
  return body as Good<N>
}

const refusal = z.looseObject({
  error: z.string(),
  code: z.string(),
  requestId: z.uuid(),
  errors: z.array(z.string()).optional(),
})

/** The refusal of a call that is refused. */
export async function bad(server: Server, name: RouteName, options: Ask = {}) {
  const { status, body } = await ask(server, name, { as: server.owner, ...options })
  if (status < 400) throw new Error(`${name} answered ${status}: ${JSON.stringify(body)}`)
  return { ...refusal.parse(body), status }
}
