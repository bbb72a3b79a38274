import type { Transport } from '../../model/sync/transport.ts'

export type Side = 'caller' | 'called'

/** A message that was sent, and by whom. */
export interface Sent {
  readonly by: Side
  readonly text: string
}

/** Two connected transports whose messages wait in visible queues until the test delivers them. */
export interface Pipe {
  readonly caller: Transport
  readonly called: Transport
  /** Messages on their way, the oldest first, whoever sent them. */
  readonly queue: readonly Sent[]
  /** Everything that was ever sent. */
  readonly log: readonly Sent[]
  readonly isOpen: () => boolean
  /** Delivers the oldest message on its way. @returns it, or `undefined` if there is none */
  deliver(): Sent | undefined
  /** Delivers until nothing is on its way; listeners that answer at once are served too. @returns how many */
  deliverAll(): number
  /** The line goes down: what is on its way is lost, and both ends are told. */
  cut(): void
  /** From now on everything is lost and nobody is told, as when a laptop leaves the Wi-Fi. */
  goSilent(): void
  /** Loses the oldest message on its way. */
  drop(): void
  /** Empties the log. */
  forget(): void
  /** Puts a message of a side's on the way, as a faulty or hostile peer could. */
  inject(by: Side, text: string): void
}

interface End {
  open: boolean
  onMessage: ((text: string) => void) | undefined
  onClose: (() => void)[]
}

const OTHER: Readonly<Record<Side, Side>> = { caller: 'called', called: 'caller' }

export interface PipeOptions {
  /** Delivers each message by itself, soon after it was sent. */
  readonly auto?: boolean
}

export function createPipe({ auto = false }: PipeOptions = {}): Pipe {
  const ends: Record<Side, End> = {
    caller: { open: true, onMessage: undefined, onClose: [] },
    called: { open: true, onMessage: undefined, onClose: [] },
  }
  const queue: (Sent & { readonly last?: true })[] = []
  const log: Sent[] = []
  let silent = false

  function shut(side: Side): void {
    const end = ends[side]
    if (!end.open) return
    end.open = false
    for (const listener of end.onClose) listener()
  }

  function put(item: Sent & { readonly last?: true }): void {
    if (silent) return
    queue.push(item)
    if (auto) setImmediate(deliver)
  }

  function deliver(): Sent | undefined {
    const next = queue.shift()
    if (!next) return undefined
    const { by, text, last } = next
    if (last) shut(OTHER[by])
    else if (ends[OTHER[by]].open) ends[OTHER[by]].onMessage?.(text)
    return { by, text }
  }

  function transport(side: Side): Transport {
    const end = ends[side]
    return {
      send(text) {
        if (!end.open) return
        log.push({ by: side, text })
        put({ by: side, text })
      },
      close() {
        if (!end.open) return
        put({ by: side, text: '', last: true })
        shut(side)
      },
      buffered: () => queue.reduce((sum, { by, text }) => sum + (by === side ? text.length : 0), 0),
      onMessage(listener) {
        end.onMessage = listener
      },
      onClose(listener) {
        if (end.open) end.onClose.push(listener)
        else listener()
      },
    }
  }

  return {
    caller: transport('caller'),
    called: transport('called'),
    queue,
    log,
    isOpen: () => ends.caller.open && ends.called.open,
    deliver,
    deliverAll() {
      let count = 0
      while (deliver()) count++
      return count
    },
    cut() {
      queue.length = 0
      shut('caller')
      shut('called')
    },
    goSilent() {
      silent = true
      queue.length = 0
    },
    drop() {
      queue.shift()
    },
    forget() {
      log.length = 0
    },
    inject(by, text) {
      put({ by, text })
    },
  }
}
