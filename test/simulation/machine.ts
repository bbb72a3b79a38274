/** A computer of the team: a disk, a clock that may be wrong, and a process with the real sync engine that may die. */
import { v5 as uuidv5 } from 'uuid'
import { ACTOR_RECORDS } from '../../model/database/actorRecords.ts'
import { type Clock, createClock } from '../../model/merge/clock.ts'
import { type Author, createRecord } from '../../model/merge/edit.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import { coversAll, EMPTY_VECTOR, type Vector } from '../../model/merge/vector.ts'
import { err, ok } from '../../model/result.ts'
import { type Grant, mayEnterWedding } from '../../model/roles.ts'
import type { Write } from '../../model/sync/changeStore.ts'
import { openClaims } from '../../model/sync/ownClaims.ts'
import { trustOf } from '../../model/sync/ownTrust.ts'
import { type QuarantineEntry, quarantined } from '../../model/sync/quarantine.ts'
import { type DeadLetter, deadLetters } from '../../model/sync/refusals.ts'
import { createReplicaSync, type ReplicaSync, type UpstreamKind } from '../../model/sync/replicaSync.ts'
import { retryQuarantined } from '../../model/sync/retryQuarantined.ts'
import { isInView, rulesOf, TRUSTED } from '../../model/sync/rules.ts'
import type { Scheduler } from '../../model/sync/scheduler.ts'
import type { Transport } from '../../model/sync/transport.ts'
import { MIN_PROTOCOL, PROTOCOL } from '../../model/wire/version.ts'
import { DISK_FULL, type Disk, type DiskMood, openStore, type SimulatedStore, type WritePoint } from './disk.ts'
import { draftsOn } from './drafts.ts'
import type { Ledger } from './ledger.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'
import { type Actors, holderOf, mintActor, sightOf } from './sight.ts'
import type { VirtualTime } from './virtualTime.ts'

/** What all machines of a simulation share. */
export interface World {
  readonly time: VirtualTime
  readonly network: Network
  readonly ledger: Ledger
  readonly random: Random
  readonly team: string
  /** What a device was granted, by its name. */
  readonly grants: Map<string, Grant>
  readonly actors: Actors
  /** Rows of `vendors` that grants name, as they were made. */
  readonly vendorRows: CausalRecord[]
  trace(line: string): void
  /** Something has happened, of a kind that ought to happen now and then. */
  count(what: string): void
  /** Something is so that must never be so. */
  violation(rule: string, details: string): void
}

export type MachineKind = 'cloud' | 'hub' | 'device'

/** A change of one record; `undefined` leaves it as it is. */
export type RecordChange = (record: CausalRecord | undefined, author: Author) => CausalRecord | undefined

interface Process {
  readonly sync: ReplicaSync
  readonly store: SimulatedStore
  readonly clock: Clock
  readonly life: { isOver: boolean }
}

/** The day before the wedding, as all machines would have it if their clocks were right. */
const START_MS = Date.parse('2026-06-12T12:00:00Z')

export class Machine {
  readonly name: string
  readonly kind: MachineKind
  disk: Disk
  mood: DiskMood = 'well'
  /** How far its clock is off. */
  clockErrorMs = 0
  /** Whom it calls. */
  readonly upstreams = new Map<UpstreamKind, string>()
  /** Devices that it knows to be revoked. */
  readonly revoked = new Set<string>()
  /** It runs an older version of the program. */
  isOld = false
  /** Where in its next write it dies. */
  doom: WritePoint | undefined
  /** Edits that are being saved. */
  unsaved = 0
  readonly #world: World
  readonly #random: Random
  /** What people at it have seen, by record. */
  readonly #seen = new Map<string, CausalRecord>()
  #process: Process | undefined

  constructor(name: string, kind: MachineKind, disk: Disk, world: World) {
    this.name = name
    this.kind = kind
    this.disk = disk
    this.#world = world
    this.#random = world.random.fork(name)
  }

  get isUp(): boolean {
    return this.#process !== undefined
  }

  get sync(): ReplicaSync | undefined {
    return this.#process?.sync
  }

  get grant(): Grant {
    const grant = this.#world.grants.get(this.name)
    if (!grant) throw new Error(`${this.name} has no grant`)
    return grant
  }

  start(): void {
    if (this.#process) throw new Error(`${this.name} is up already`)
    const { time, network, ledger } = this.#world
    const life = { isOver: false }
    const after = (ms: number, run: () => void) =>
      time.after(ms, () => {
        if (!life.isOver) run()
      })
    const now = () => START_MS + time.now() + this.clockErrorMs
    const scheduler: Scheduler = { now, elapsed: time.now, after, random: this.#random.next }
    const { disk } = this
    const store = openStore(disk, {
      random: this.#random,
      pause: (ms) => new Promise((resolve) => after(ms, resolve)),
      mood: () => this.mood,
      diesAt: (point) => {
        if (this.doom !== point) return false
        this.die('killed')
        return true
      },
      onCommit: (writes) => this.#onCommit(writes, ledger),
    })
    const sync = createReplicaSync({
      ...store,
      scheduler,
      self: () => ({ deviceId: this.name, deviceName: this.name, team: this.#world.team, token: this.name }),
      trust: (kind) => {
        const place = { team: this.#world.team, ...holderOf(this.name), grant: this.grant }
        return trustOf(store.changes, place, kind, {
          current: () => disk.actor,
          retire: () => this.#retireActor(disk, store),
        })
      },
      onChange: () => undefined,
    })
    this.#process = { sync, store, clock: createClock(now), life }
    if (this.kind !== 'device') network.listen(this.name, (transport) => this.#receive(transport))
    for (const [kind, to] of this.upstreams) this.#call(kind, to)
  }

  /** Ends the process at once, with whatever it was doing. */
  die(how: 'killed' | 'power cut'): void {
    if (!this.#process) return
    this.#process.life.isOver = true
    this.#process = undefined
    this.doom = undefined
    this.unsaved = 0
    this.#world.network.die(this.name, how)
  }

  /** Calls another hub, as soon as it has taken leave of the one that it called. */
  move(to: string): void {
    this.upstreams.set('hub', to)
    const process = this.#process
    void process?.sync.disconnect('hub').then(() => {
      // It may have moved on, or died, meanwhile.
      if (process === this.#process && this.upstreams.get('hub') === to) this.#call('hub', to)
    })
  }

  /** A person at the machine changes a record, or makes one. */
  change(id: string, change: RecordChange, kind: 'allowed' | 'forbidden' = 'allowed'): void {
    const process = this.#process
    if (!process) return
    const { store, clock } = process
    const { disk } = this
    const author: Author = { actor: disk.actor, stamp: clock.next() }
    const introduction = introductionOf(author.actor)
    const isIntroduced = () => id === introduction || disk.record(introduction) !== undefined
    if (!isIntroduced()) this.introduce()
    let after: CausalRecord | undefined
    this.unsaved++
    const saved = store.changes.update([id], (current) => {
      const before = current.get(id)
      // The app edits under no actor of which it could not say whose it is, as on a full disk.
      after = isIntroduced() ? change(before, author) : undefined
      if (!after || after === before) return []
      this.#world.ledger.expect(before, after, {
        actor: author.actor,
        machine: this.name,
        isForbidden: kind === 'forbidden',
      })
      return [{ record: after }]
    })
    saved.then(
      async () => {
        this.unsaved--
        if (after) await this.#onSaved(after, store)
      },
      (cause: unknown) => {
        this.unsaved--
        throwUnlessFull(cause)
      },
    )
  }

  /** The app says whose edits the dots of its actor are. */
  introduce(): void {
    const { actor } = this.disk
    const id = introductionOf(actor)
    const data = { actor, ...holderOf(this.name), personName: 'Ana' }
    const record = { id, scope: this.#world.team, table: 'actors', data }
    this.change(id, (before, author) => before ?? createRecord(record, author))
  }

  /** Its own records that a peer does not take. */
  async deadLetters(): Promise<readonly DeadLetter[]> {
    const { store } = this.#process ?? {}
    return store ? deadLetters(store.state, store.changes.epoch) : []
  }

  /** Who is in charge looks at what was set aside here, and lets in what they trust. */
  letIn(trusts: (entry: QuarantineEntry) => boolean): void {
    const process = this.#process
    if (!process) return
    const { changes, state } = process.store
    const look = async (): Promise<void> => {
      for (const entry of await quarantined(state)) {
        if (!trusts(entry)) continue
        const outcome = await retryQuarantined(entry, { changes, state, rules: TRUSTED })
        if (outcome.ok) this.#world.count('let in by hand')
      }
    }
    look().catch(throwUnlessFull)
  }

  /** The disk is not what it was: of these records, or of all, people may see less than they did. */
  forgetSeen(ids: Iterable<string> = [...this.#seen.keys()]): void {
    for (const id of ids) this.#seen.delete(id)
  }

  /** When it resolves, all that was typed under the former actor is on the disk, and nobody types under it any more. */
  async #retireActor(disk: Disk, { changes }: SimulatedStore): Promise<void> {
    this.#world.count('an actor is given up')
    disk.actor = mintActor(this.#world.actors, this.name)
    this.introduce()
    await changes.update([], () => [])
  }

  async #onSaved(saved: CausalRecord, store: SimulatedStore): Promise<void> {
    this.#world.ledger.acknowledge(saved)
    const found = (await store.changes.records([saved.id])).get(saved.id)
    for (const [readClass, unit] of saved.units) {
      const held = found?.units.get(readClass)?.vector ?? EMPTY_VECTOR
      if (!coversAll(held, unit.vector) && !this.#isTakenBack(saved.id, readClass, unit.vector, held)) {
        this.#world.violation(
          'read your writes',
          `${this.name} has saved ${saved.id} ${readClass} and does not hold it`,
        )
      }
    }
  }

  #onCommit(writes: readonly Write[], ledger: Ledger): void {
    for (const { record } of writes) {
      for (const dot of ledger.commit(record)) {
        this.#world.violation('REG8', `a dot is given out twice: ${dot}, at ${this.name}`)
      }
      this.#see(record)
    }
    this.#world.trace(`${this.name} commits ${writes.map(({ record: { id }, from }) => `${id} ${from ?? ''}`).join()}`)
  }

  /** What a machine shows never goes back, and is never what its people may not read. */
  #see(record: CausalRecord): void {
    const { team, violation } = this.#world
    for (const [readClass, unit] of this.#seen.get(record.id)?.units ?? []) {
      const after = record.units.get(readClass)?.vector ?? EMPTY_VECTOR
      if (!coversAll(after, unit.vector) && !this.#isTakenBack(record.id, readClass, unit.vector, after)) {
        violation('monotonic reads', `${this.name} goes back in ${record.id} ${readClass}`)
      }
    }
    this.#seen.set(record.id, record)
    const { grant } = this
    const mayEnter = record.scope === team || mayEnterWedding(grant, record.scope)
    const { view } = sightOf(this.name, grant, this.#world.actors, this.#world.vendorRows)
    for (const readClass of record.units.keys()) {
      if (!mayEnter || !isInView(view, record, readClass)) {
        violation('INV6', `${this.name} (${grant.role}) has ${record.table} ${readClass} of ${record.id}`)
      }
    }
  }

  /** Whether all that a unit has lost was typed by this machine's own person, and is kept as a draft. */
  #isTakenBack(id: string, readClass: string, before: Vector, after: Vector): boolean {
    const { userId } = holderOf(this.name)
    const gone = [...before].filter(([actor, counter]) => counter > (after.get(actor) ?? 0))
    return (
      gone.every(([actor]) => this.#world.actors.get(actor) === userId) &&
      draftsOn(this.disk).some(
        ({ record }) => record.id === id && coversAll(record.units.get(readClass)?.vector ?? EMPTY_VECTOR, before),
      )
    )
  }

  #call(kind: UpstreamKind, to: string): void {
    const process = this.#process
    const { network } = this.#world
    const dial = async (): Promise<Transport> => {
      const transport = this.#speaking(await network.dial(this.name, to))
      if (!process?.life.isOver) return transport
      transport.close()
      return new Promise(() => undefined) // whoever was waiting for it is no more
    }
    process?.sync.connect(kind, dial, to)
  }

  /** A machine that was not updated says so in its hello, and takes what a newer one says for what it knows itself. */
  #speaking(transport: Transport): Transport {
    if (!this.isOld) return transport
    const older = (text: string) =>
      text.startsWith('{"type":"hello"') ? text.replace(`"protocol":${PROTOCOL}`, `"protocol":${MIN_PROTOCOL}`) : text
    return {
      ...transport,
      send: (text) => transport.send(older(text)),
      onMessage: (listener) => transport.onMessage((text) => listener(older(text))),
    }
  }

  #receive(transport: Transport): void {
    const { grants, team } = this.#world
    const { sync, store } = this.#process ?? {}
    if (!sync || !store) return
    sync.receive(this.#speaking(transport), async ({ deviceId, token }) => {
      const grant = grants.get(deviceId)
      if (!grant || token !== deviceId) return err({ code: 'UNAUTHENTICATED', message: 'nobody knows this device' })
      if (this.revoked.has(deviceId)) return err({ code: 'REVOKED', message: 'this device was revoked' })
      const holder = holderOf(deviceId)
      const claims = await openClaims(store.changes, { team, userId: holder.userId, grant })
      return ok(rulesOf(grant, team, () => true, { holder, claims, isSealed: this.kind === 'cloud' }))
    })
  }
}

/** On a full disk a person is told that it was not saved, and tries again another time. */
function throwUnlessFull(cause: unknown): void {
  if (!(cause instanceof Error) || cause.message !== DISK_FULL) throw cause
}

function introductionOf(actor: string): string {
  return uuidv5(actor, ACTOR_RECORDS)
}
