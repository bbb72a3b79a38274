/** The machines of a simulated team, and what people at them do. */
import { v5 as uuidv5 } from 'uuid'
import { ACTOR_RECORDS } from '../../model/database/actorRecords.ts'
import { decodeRecord } from '../../model/merge/codec.ts'
import { createRecord } from '../../model/merge/edit.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import { coversAll } from '../../model/merge/vector.ts'
import { mayServeAsHub } from '../../model/roles.ts'
import { uuidOf } from '../support/ids.ts'
import { elevenChars } from '../support/memoryReplica.ts'
import { createDisk, type Disk } from './disk.ts'
import type { Written } from './ledger.ts'
import { Machine, type World } from './machine.ts'
import { changeBy, newRecordBy, overreachBy } from './people.ts'
import { type Place, TEAM, WEDDINGS } from './topologies.ts'

/** People know their guests; what grows without bound is the edits of them. */
const MAX_RECORDS = 60
const COPY = '-copy'

export class Team {
  readonly world: World
  readonly machines: Machine[] = []
  readonly #backups = new Map<string, Disk>()
  #incarnations = 0
  #records = 0

  constructor(world: World, places: readonly Place[]) {
    this.world = world
    for (const place of places) this.place(place)
    const [cloud] = this.machines
    if (cloud) this.#foundWeddings(cloud)
  }

  place({ name, kind, grant, hub, cloud }: Place, disk = this.#newDisk()): void {
    this.world.grants.set(name, grant)
    const machine = new Machine(name, kind, disk, this.world)
    if (hub !== undefined) machine.upstreams.set('hub', hub)
    if (cloud !== undefined) machine.upstreams.set('cloud', cloud)
    machine.isOld = this.world.random.chance(0.2)
    if (machine.isOld) this.world.count('an older version')
    this.machines.push(machine)
    machine.start()
    this.#introduce(machine)
  }

  /** Somebody changes one of the records that they may change. */
  edit(machine: Machine): void {
    const ids = this.#editable(machine)
    const record = ids.length > 0 ? machine.disk.record(this.world.random.pick(ids)) : undefined
    if (!record) return
    const change = changeBy(machine.grant.role, record, this.world.random)
    machine.change(record.id, (before, author) => before && change(before, author))
  }

  create(machine: Machine): void {
    const { role, weddings } = machine.grant
    const { random } = this.world
    const scope = random.pick(weddings === 'all' ? WEDDINGS : weddings)
    const record = newRecordBy(role, scope, uuidOf(20_000 + this.#records), random)
    if (record && this.#records < MAX_RECORDS) {
      this.#records++
      machine.change(record.id, (_, author) => createRecord(record, author))
    } else {
      this.edit(machine)
    }
  }

  /** Somebody does at a device what their role may not do, in a record that is known elsewhere. */
  overreach(machine: Machine): boolean {
    const record = this.#editable(machine)
      .flatMap((id) => machine.disk.record(id) ?? [])
      .find((one) => this.#isSafe(machine, one))
    const change = record && overreachBy(machine.grant.role, record)
    // What a device passes on that may serve as hub is what others were admitted with.
    if (mayServeAsHub(machine.grant) || machine.unsaved > 0 || !machine.isUp || !change) return false
    machine.overreached.add(record.id)
    machine.change(record.id, (before, author) => before && change(before, author), 'forbidden')
    return true
  }

  backUp({ name, disk }: Machine): void {
    this.#backups.set(name, disk.copy(disk.epoch, disk.actor))
  }

  hasBackup(name: string): boolean {
    return this.#backups.has(name)
  }

  /** The backup comes back, as another incarnation of the store. */
  restore(machine: Machine): void {
    const backup = this.#backups.get(machine.name)
    if (!backup) throw new Error(`${machine.name} has no backup`)
    machine.die('killed')
    this.#lose(machine, backup)
    machine.disk = this.#newDisk(backup)
    machine.forgetSeen()
    machine.start()
    this.#introduce(machine)
  }

  mayCopy({ name, kind }: Machine): boolean {
    return kind === 'device' && !name.endsWith(COPY) && this.named(name + COPY) === undefined
  }

  /** A data folder is copied to another machine. */
  copy(machine: Machine): void {
    const name = machine.name + COPY
    const [hub, cloud] = [machine.upstreams.get('hub'), machine.upstreams.get('cloud')]
    const calls = { ...(hub !== undefined && { hub }), ...(cloud !== undefined && { cloud }) }
    this.place({ name, kind: 'device', grant: machine.grant, ...calls }, this.#newDisk(machine.disk))
    const copy = this.machines.at(-1)
    for (const id of machine.overreached) copy?.overreached.add(id)
  }

  /** Rows vanish that this store's actor never wrote and that are known elsewhere, and so do cursors. */
  damage(machine: Machine): void {
    const { random } = this.world
    machine.die('killed')
    const gone = [...machine.disk.rows.values()]
      .filter(({ record }) => this.#isSafe(machine, record) && random.chance(0.2))
      .map(({ record }) => record.id)
    machine.disk.removeByHand(gone)
    machine.forgetSeen(gone)
    for (const key of [...machine.disk.state.keys()]) if (random.chance(0.2)) machine.disk.state.delete(key)
    machine.start()
  }

  /** A hub that would take the device, other than the one that it calls. */
  otherHub(machine: Machine): string | undefined {
    const current = machine.upstreams.get('hub')
    if (machine.kind !== 'device' || current === undefined) return undefined
    return this.machines.find(
      ({ kind, name, revoked }) => kind === 'hub' && name !== current && !revoked.has(machine.name),
    )?.name
  }

  /** It calls the other hub from now on. */
  moveOn(machine: Machine): void {
    const hub = this.otherHub(machine)
    if (hub !== undefined) machine.move(hub)
  }

  leaveRevoking(machine: Machine): void {
    const hub = this.named(machine.upstreams.get('hub') ?? '')
    if (hub?.revoked.has(machine.name)) this.moveOn(machine)
  }

  /** The hub that the device calls learns that it was revoked; the others do not know yet. */
  revoke(machine: Machine): void {
    const hub = this.named(machine.upstreams.get('hub') ?? '')
    if (!hub) return
    hub.revoked.add(machine.name)
    this.world.network.cut(machine.name, hub.name, 'reset')
  }

  /** The device may see and do more from now on: there is much that it was never sent. */
  promote(machine: Machine): void {
    this.world.grants.set(machine.name, { role: 'planner', weddings: 'all' })
    // A copied data folder holds the same edits, and passes on what its original might not.
    const original = machine.name.replace(COPY, '')
    for (const name of [original, original + COPY]) this.world.ledger.permit(name)
    for (const to of machine.upstreams.values()) this.world.network.cut(machine.name, to, 'reset')
  }

  /**
   * A device may hold what its hub has lost, and may not write it: for all that the hub can tell, it was made up. People know
   * better, and let it in; what somebody did at the device itself has to find its way without them.
   */
  letInWhatWasLost(): void {
    for (const machine of this.machines) {
      machine.letIn(({ id, peer, raw }) => {
        const sender = this.machines.find(({ disk }) => disk.epoch === peer)
        const record = decodeRecord(raw)
        if (!sender || !record.ok) return false
        const news = this.world.ledger.valuesIn(record.value, machine.disk.record(id))
        return news.some((value) => value.machine !== sender.name) && !news.some(({ isForbidden }) => isForbidden)
      })
    }
  }

  named(name: string): Machine | undefined {
    return this.machines.find((machine) => machine.name === name)
  }

  #newDisk(from?: Disk): Disk {
    const number = ++this.#incarnations
    const [epoch, actor] = [elevenChars(`epoch${number}`), elevenChars(`actor${number}`)]
    return from ? from.copy(epoch, actor) : createDisk(epoch, actor)
  }

  #foundWeddings(machine: Machine): void {
    WEDDINGS.forEach((id, n) => {
      const data = { name: `Wedding ${n}`, date: n === 0 ? '2026-06-12' : '2026-09-05' }
      machine.change(id, (_, author) => createRecord({ id, scope: id, table: 'weddings', data }, author))
    })
  }

  /** The app says whose edits the dots of an actor are. */
  #introduce(machine: Machine): void {
    const { actor } = machine.disk
    const id = uuidv5(actor, ACTOR_RECORDS)
    const data = { actor, userId: machine.name, deviceId: machine.name, personName: 'Ana' }
    machine.change(id, (_, author) => createRecord({ id, scope: TEAM, table: 'actors', data }, author))
  }

  #editable(machine: Machine): readonly string[] {
    const { weddings } = machine.grant
    return WEDDINGS.filter((scope) => weddings === 'all' || weddings.includes(scope))
      .flatMap((scope) => machine.disk.inScope(scope))
      .filter(({ id, table }) => table !== 'weddings' && !machine.overreached.has(id))
      .map(({ id }) => id)
  }

  /** All that the machine holds of the record is on another disk, and none of it was written here. */
  #isSafe(machine: Machine, record: CausalRecord): boolean {
    const elsewhere = this.machines.find(({ kind }) => kind === (machine.kind === 'cloud' ? 'hub' : 'cloud'))
    return [...record.units].every(([readClass, { vector }]) => {
      const held = elsewhere?.disk.record(record.id)?.units.get(readClass)?.vector
      return !vector.has(machine.disk.actor) && held !== undefined && coversAll(held, vector)
    })
  }

  /**
   * Of what the disk has and `left` has not, that is at risk which nobody else has. Where somebody did in the record what they may
   * not do, it cannot come from: nobody lets that in.
   */
  #lose(machine: Machine, left: Disk): void {
    const others = this.machines.filter((other) => other !== machine)
    const isOn = (disk: Disk, { id, readClass, actor, counter }: Written): boolean =>
      (disk.record(id)?.units.get(readClass)?.vector.get(actor) ?? 0) >= counter
    for (const value of this.world.ledger.written) {
      const isLost = isOn(machine.disk, value) && !isOn(left, value)
      const has = ({ disk, overreached }: Machine): boolean => isOn(disk, value) && !overreached.has(value.id)
      if (isLost && !others.some(has)) value.isAtRisk = true
    }
  }
}
