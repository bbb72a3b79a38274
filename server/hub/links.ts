/**
 * Multicast DNS (RFC 6762) on every IPv4 interface of this machine, as interfaces come and go: a hotspot that is switched
 * on in the middle of the day is there within a few seconds.
 */
import { networkInterfaces } from 'node:os'
import type { Answer } from 'dns-packet'
import multicastDns, { type MulticastDNS } from 'multicast-dns'
import type { Scheduler } from '../../model/sync/scheduler.ts'
import type { Log } from '../log.ts'

/** One interface with its socket. */
export interface Link {
  /** IPv4 address of this machine on it. */
  readonly address: string
  ask(name: string): void
  /** @param sent called when the answer is on its way, or cannot be sent */
  answer(answers: Answer[], sent?: () => void): void
}

export interface LinkListener {
  onUp?(link: Link): void
  /** Somebody on this interface asks for records of these names. */
  onQuestions?(link: Link, names: readonly string[]): void
  /** @param from IPv4 address of the sender, which can be reached over this interface */
  onRecords?(records: readonly Answer[], from: string): void
}

export interface Links {
  readonly up: () => readonly Link[]
  close(): void
}

export interface LinksOptions {
  readonly scheduler: Scheduler
  readonly log: Log
  /** IPv4 addresses of this machine now; those of its interfaces by default. */
  readonly addresses?: () => readonly string[]
}

/** Node does not tell when an interface comes; looking costs a tenth of a millisecond. */
const LOOK_MS = 3_000

export function openLinks(listener: LinkListener, { scheduler, log, addresses = ownAddresses }: LinksOptions): Links {
  const open = new Map<string, { readonly link: Link; readonly socket: MulticastDNS }>()
  let cancel: (() => void) | undefined

  function drop(address: string): void {
    open.get(address)?.socket.destroy()
    open.delete(address)
  }

  function openLink(address: string): void {
    // Bound to all addresses: a socket bound to one of them gets no multicast.
    const socket = multicastDns({ interface: address, bind: '0.0.0.0' })
    const link: Link = {
      address,
      ask: (name) => socket.query([{ name, type: 'PTR' }]),
      answer: (answers, sent) => socket.respond(answers, undefined, sent),
    }
    // Port 5353 is taken by somebody who does not share it, or the interface is gone: tried again at the next look.
    socket.on('error', (cause) => {
      log('no multicast on an interface', { reason: cause.message })
      drop(address)
    })
    socket.on('query', ({ questions = [] }) => {
      listener.onQuestions?.(
        link,
        questions.map(({ name }) => name),
      )
    })
    socket.on('response', ({ answers = [], additionals = [] }, { address: from }) => {
      listener.onRecords?.([...answers, ...additionals], from)
    })
    socket.on('ready', () => listener.onUp?.(link))
    open.set(address, { link, socket })
  }

  function look(): void {
    const present = new Set(addresses())
    for (const address of open.keys()) if (!present.has(address)) drop(address)
    for (const address of present) if (!open.has(address)) openLink(address)
    cancel = scheduler.after(LOOK_MS, look)
  }

  look()
  return {
    up: () => [...open.values()].map(({ link }) => link),
    close() {
      cancel?.()
      for (const address of [...open.keys()]) drop(address)
    },
  }
}

function ownAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return all.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address)
}
