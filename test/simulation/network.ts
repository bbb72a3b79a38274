/**
 * A network of machines. A connection is like TCP: frames arrive in order or not at all, and a lost frame is the end of
 * it. What is under way when one end closes still arrives; so frames of an old connection may come after those of the
 * next one, and say again what that has said.
 */
import type { Transport } from '../../model/sync/transport.ts'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtualTime.ts'

const DIAL_TIMEOUT_MS = 5_000

/** How a pair of machines is connected at the moment. */
export interface Quality {
  readonly latencyMs: number
  readonly jitterMs: number
  /** Of each frame, that it is lost and the connection with it. */
  readonly loss: number
  /** Nothing passes; what is sent waits for better days. */
  readonly blocked: boolean
}

export const GOOD: Quality = { latencyMs: 4, jitterMs: 4, loss: 0, blocked: false }

/** What has become of a connection, to the machines on it. */
export type Break =
  /** Both ends are told, what is under way is lost. */
  | 'reset'
  /** Nobody is told: a laptop that left the Wi-Fi, a router that forgot. */
  | 'silence'

export interface Network {
  /** Takes calls from now on, until the returned function is called. */
  listen(name: string, accept: (transport: Transport) => void): () => void
  dial(from: string, to: string): Promise<Transport>
  quality(a: string, b: string): Quality
  setQuality(a: string, b: string, quality: Quality): void
  healAll(): void
  /** Breaks all connections between two machines. @returns how many there were */
  cut(a: string, b: string, how: Break): number
  /** All connections of a machine that has died; its own end hears nothing any more. */
  die(name: string, how: 'killed' | 'power cut'): void
  /** Frames that arrived, pings and pongs apart. */
  readonly delivered: () => number
}

interface Frame {
  readonly text: string
  readonly at: number
  readonly isLast: boolean
}

interface End {
  readonly machine: string
  isOpen: boolean
  /** The machine has died: nobody is there to listen. */
  isDead: boolean
  onMessage: ((text: string) => void) | undefined
  onClose: (() => void)[]
  /** Frames on their way to this end. */
  readonly inbound: Frame[]
  isScheduled: boolean
}

interface Connection {
  readonly ends: readonly [End, End]
  isSilent: boolean
}

export interface NetworkOptions {
  readonly time: VirtualTime
  readonly random: Random
  readonly onDelivered: (from: string, to: string, text: string) => void
}

export function createNetwork({ time, random, onDelivered }: NetworkOptions): Network {
  const listeners = new Map<string, (transport: Transport) => void>()
  const qualities = new Map<string, Quality>()
  let connections: Connection[] = []
  let delivered = 0

  const pair = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`)
  const quality = (a: string, b: string): Quality => qualities.get(pair(a, b)) ?? GOOD
  const delay = ({ latencyMs, jitterMs }: Quality): number => latencyMs + random.below(jitterMs + 1)

  function shut(end: End): void {
    if (!end.isOpen) return
    end.isOpen = false
    if (!end.isDead) for (const listener of end.onClose) listener()
  }

  function reset(connection: Connection): void {
    // What comes after a lost frame does not arrive either.
    connection.isSilent = true
    for (const end of connection.ends) {
      end.inbound.length = 0
      // Each side learns of it in its own time.
      time.after(random.below(50), () => shut(end))
    }
  }

  function schedule(connection: Connection, end: End, other: End): void {
    const [next] = end.inbound
    if (!next || end.isScheduled || quality(end.machine, other.machine).blocked) return
    end.isScheduled = true
    time.after(next.at - time.now(), () => {
      end.isScheduled = false
      deliver(connection, end, other)
    })
  }

  function deliver(connection: Connection, end: End, other: End): void {
    const { blocked, loss } = quality(end.machine, other.machine)
    if (blocked || connection.isSilent) return
    const frame = end.inbound.shift()
    if (!frame) return
    if (frame.isLast) {
      shut(end)
    } else if (random.chance(loss)) {
      reset(connection)
      return
    } else if (end.isOpen && !end.isDead) {
      if (frame.text.length > 20) delivered++
      onDelivered(other.machine, end.machine, frame.text)
      end.onMessage?.(frame.text)
    }
    schedule(connection, end, other)
  }

  function put(connection: Connection, to: End, from: End, text: string, isLast: boolean): void {
    if (connection.isSilent || to.isDead) return
    const at = Math.max(time.now() + delay(quality(to.machine, from.machine)), to.inbound.at(-1)?.at ?? 0)
    to.inbound.push({ text, at, isLast })
    schedule(connection, to, from)
  }

  function transport(connection: Connection, end: End, other: End): Transport {
    return {
      send(text) {
        if (end.isOpen && !end.isDead) put(connection, other, end, text, false)
      },
      close() {
        if (!end.isOpen || end.isDead) return
        put(connection, other, end, '', true)
        shut(end)
      },
      onMessage(listener) {
        end.onMessage = listener
      },
      onClose(listener) {
        if (end.isOpen) end.onClose.push(listener)
        else if (!end.isDead) listener()
      },
      // What is on its way to the other end is what this end's network has not got rid of.
      buffered: () => other.inbound.reduce((sum, { text }) => sum + text.length, 0),
    }
  }

  function connect(from: string, to: string, accept: (transport: Transport) => void): Transport {
    const end = (machine: string): End => ({
      machine,
      isOpen: true,
      isDead: false,
      onMessage: undefined,
      onClose: [],
      inbound: [],
      isScheduled: false,
    })
    const caller = end(from)
    const called = end(to)
    const connection: Connection = { ends: [caller, called], isSilent: false }
    connections = connections.filter(({ ends }) => ends.some(({ isOpen, isDead }) => isOpen && !isDead))
    connections.push(connection)
    accept(transport(connection, called, caller))
    return transport(connection, caller, called)
  }

  function between(a: string, b: string): readonly Connection[] {
    return connections.filter(({ ends: [x, y] }) => pair(x.machine, y.machine) === pair(a, b))
  }

  /** What was held up by a blocked line. */
  function goOn(some: readonly Connection[]): void {
    for (const connection of some) {
      const [x, y] = connection.ends
      schedule(connection, x, y)
      schedule(connection, y, x)
    }
  }

  return {
    listen(name, accept) {
      listeners.set(name, accept)
      return () => listeners.delete(name)
    },
    dial(from, to) {
      return new Promise((resolve, reject) => {
        const line = quality(from, to)
        if (line.blocked) {
          time.after(DIAL_TIMEOUT_MS, () => reject(new Error(`no answer from ${to}`)))
          return
        }
        time.after(2 * delay(line), () => {
          const accept = listeners.get(to)
          if (accept) resolve(connect(from, to, accept))
          else reject(new Error(`${to} refuses connections`))
        })
      })
    },
    quality,
    setQuality(a, b, next) {
      qualities.set(pair(a, b), next)
      goOn(between(a, b))
    },
    healAll() {
      qualities.clear()
      goOn(connections)
    },
    cut(a, b, how) {
      const all = between(a, b).filter(({ ends }) => ends.some(({ isOpen, isDead }) => isOpen && !isDead))
      for (const connection of all) {
        if (how === 'reset') reset(connection)
        else {
          connection.isSilent = true
          for (const end of connection.ends) end.inbound.length = 0
        }
      }
      return all.length
    },
    die(name, how) {
      listeners.delete(name)
      for (const connection of connections) {
        const [x, y] = connection.ends
        const [own, other] = x.machine === name ? [x, y] : [y, x]
        if (own.machine !== name || own.isDead) continue
        own.isDead = true
        own.inbound.length = 0
        // The system of a killed process still sends what it was given, and then says that the line is closed.
        if (how === 'killed' && own.isOpen) put(connection, other, own, '', true)
        else connection.isSilent = true
        own.isOpen = false
      }
    },
    delivered: () => delivered,
  }
}
