/**
 * Stand-in for Electron's message ports: real ports of Node in the shape of `MessagePortMain`, and links that carry any
 * number of them to another process. In Electron the ports themselves travel. It proves our code at both ends, not Electron.
 */
import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { z } from 'zod'
import type { MainPort } from '../../server/install/windowLines.ts'

export class StandInPort extends EventEmitter implements MainPort {
  readonly inner: MessagePort

  constructor(inner: MessagePort) {
    super()
    this.inner = inner
    inner.on('close', () => this.emit('close'))
  }

  postMessage(message: string): void {
    this.inner.postMessage(message)
  }

  start(): void {
    this.inner.on('message', (data) => this.emit('message', { data }))
  }

  close(): void {
    this.inner.close()
  }
}

export class StandInChannel {
  readonly port1: StandInPort
  readonly port2: StandInPort

  constructor() {
    const { port1, port2 } = new MessageChannel()
    this.port1 = new StandInPort(port1)
    this.port2 = new StandInPort(port2)
  }
}

/** What goes over a link: what a port was sent, or that its other end is gone. */
export const portFrame = z.object({ port: z.string(), data: z.string().optional() })
export type PortFrame = z.infer<typeof portFrame>

/** One side of a link between two processes. */
export class PortLink {
  readonly #ports = new Map<string, MessagePort>()
  readonly #send: (frame: PortFrame) => void

  constructor(send: (frame: PortFrame) => void) {
    this.#send = send
  }

  /** @returns by which name the other side takes it */
  give({ inner }: StandInPort): string {
    const name = randomUUID()
    this.#attach(name, inner)
    return name
  }

  take(name: string): StandInPort {
    const { port1, port2 } = new MessageChannel()
    this.#attach(name, port1)
    return new StandInPort(port2)
  }

  receive({ port, data }: PortFrame): void {
    if (data !== undefined) this.#ports.get(port)?.postMessage(data)
    else this.#close(port)
  }

  /** The other side is gone, with all its ports. */
  cut(): void {
    for (const name of [...this.#ports.keys()]) this.#close(name)
  }

  #attach(name: string, port: MessagePort): void {
    this.#ports.set(name, port)
    port.on('message', (data: string) => this.#send({ port: name, data }))
    port.on('close', () => {
      if (this.#ports.delete(name)) this.#send({ port: name })
    })
  }

  #close(name: string): void {
    const port = this.#ports.get(name)
    this.#ports.delete(name)
    port?.close()
  }
}
