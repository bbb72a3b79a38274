/** A peer that speaks `model/wire` by hand, with nothing of the sync engine behind it. */
import { WebSocket } from 'ws'
import { type Message, parseMessage } from '../../model/wire/index.ts'
import { PROTOCOL } from '../../model/wire/version.ts'
import { newActor } from '../../server/changes/actors.ts'
import { type PinOptions, pinnedAgent } from '../../server/identity/pinned.ts'
import { eventually } from './wedsync.ts'

export interface HandPeer {
  readonly epoch: string
  /** Everything that came so far. */
  readonly received: readonly Message[]
  send(message: unknown): void
  sendText(text: string): void
  /** The next message of this type that nobody has asked for yet. */
  next<T extends Message['type']>(type: T): Promise<Extract<Message, { type: T }>>
  /** Code with which the other side closed. */
  closed(): Promise<number>
  end(): void
}

export interface Introduction {
  readonly deviceId: string
  readonly team: string | null
  readonly token?: string
}

/** @param url of the server, as its ready line has it */
export async function dialByHand(url: string, fingerprint?: string): Promise<HandPeer> {
  const address = new URL('/api/offline/peer', url)
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
  const socket = new WebSocket(address, fingerprint === undefined ? {} : { agent: pinnedAgent(fingerprint) })
  const received: Message[] = []
  const taken = new Set<Message>()
  let closeCode: number | undefined
  socket.on('message', (data) => {
    const parsed = parseMessage(data.toString())
    if (parsed.ok) received.push(parsed.value)
  })
  socket.on('close', (code) => {
    closeCode = code
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve())
    socket.once('error', reject)
  })
  // A server that cuts the line while we still send is what some tests are about; `closed` tells them.
  socket.on('error', () => undefined)
  const isOf =
    <T extends Message['type']>(type: T) =>
    (message: Message): message is Extract<Message, { type: T }> =>
      message.type === type && !taken.has(message)

  return {
    epoch: newActor(),
    received,
    send: (message) => socket.send(JSON.stringify(message)),
    sendText: (text) => socket.send(text),
    async next(type) {
      const find = async () => received.find(isOf(type))
      const found = await eventually(`a message ${type}`, find, (message) => message !== undefined, 5_000)
      if (!found) throw new Error(`no message ${type}`)
      taken.add(found)
      return found
    },
    async closed() {
      const code = await eventually(
        'the line is closed',
        async () => closeCode,
        (known) => known !== undefined,
        5_000,
      )
      return code ?? 0
    },
    end: () => socket.terminate(),
  }
}

export function helloOf({ epoch }: HandPeer, { deviceId, team, token }: Introduction): unknown {
  return {
    type: 'hello',
    protocol: PROTOCOL,
    epoch,
    deviceId,
    deviceName: 'a peer made by hand',
    team,
    ...(token !== undefined && { token }),
    now: Date.now(),
  }
}

/** Status with which the server answers an upgrade: 101 if it lets it through. */
export function upgradeStatus(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  protocols: readonly string[] = [],
  fingerprint?: string,
  own?: PinOptions['own'],
) {
  const agent = fingerprint === undefined ? undefined : pinnedAgent(fingerprint, { own })
  const socket = new WebSocket(url, [...protocols], { headers: { ...headers }, ...(agent && { agent }) })
  return new Promise<number>((resolve, reject) => {
    socket.once('open', () => {
      socket.terminate()
      resolve(101)
    })
    socket.once('unexpected-response', (_request, response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
      socket.terminate()
    })
    socket.on('error', reject)
  })
}
