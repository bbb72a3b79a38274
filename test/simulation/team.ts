/** The machines of a simulated team, and what people at them do. */
import { decodeRecord } from '../../model/merge/codec.ts'
import { createRecord, deleteRecord, editRecord } from '../../model/merge/edit.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import { coversAll } from '../../model/merge/vector.ts'
import { mayServeAsHub } from '../../model/roles.ts'
import { DRAFTS } from '../../model/sync/drafts.ts'
import type { QuarantineEntry } from '../../model/sync/quarantine.ts'
import { uuidOf } from '../support/ids.ts'
import { elevenChars } from '../support/memoryReplica.ts'
import { createDisk, type Disk } from './disk.ts'
import { draftsOn } from './drafts.ts'
import { isIn, type Written } from './ledger.ts'
import { Machine, type World } from './machine.ts'
import { changeBy, newRecordBy, overreachBy, overreachingRecordBy } from './people.ts'
import { COPY, holderOf, mintActor } from './sight.ts'
import { KITCHEN, type Place, WEDDINGS } from './topologies.ts'

/** People know their guests; what grows without bound is the edits of them. */
const MAX_RECORDS = 60
/** Beyond those, since most come to nothing. */
const MAX_OVERREACHING = 40

export class Team {
  readonly world: World
  readonly machines: Machine[] = []
  readonly #backups = new Map<string, Disk>()
  #incarnations = 0
  #records = 0
  #overreaching = 0

  constructor(world: World, places: readonly Place[]) {
    this.world = world
    for (const place of places) this.place(place)
    const [cloud] = this.machines
    if (cloud) this.#foundWeddings(cloud)
  }

  place(
    { name, kind, grant, hub, cloud }: Place,
    disk = this.#newDisk(name),
    isOld = this.world.random.chance(0.2),
  ): void {
    this.world.grants.set(name, grant)
    const machine = new Machine(name, kind, disk, this.world)
    if (hub !== undefined) machine.upstreams.set('hub', hub)
    if (cloud !== undefined) machine.upstreams.set('cloud', cloud)
    machine.isOld = isOld
    if (machine.isOld) this.world.count('an older version')
    this.machines.push(machine)
    machine.start()
    machine.introduce()
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

  /** What a device passes on that may serve as hub is what others were admitted with. */
  isFiltered({ kind, grant }: Machine): boolean {
    return kind === 'device' && !mayServeAsHub(grant)
  }

  /** Somebody does to a record at a device what their role may not do. */
  overreach(machine: Machine): void {
    const ids = this.#editable(machine)
    const record = ids.length > 0 ? machine.disk.record(this.world.random.pick(ids)) : undefined
    const change = record && overreachBy(machine.grant.role, record, this.world.random)
    if (change) machine.change(record.id, (before, author) => before && change(before, author), 'forbidden')
  }

  /** A line on which a side is too old to say what it does not hold leaves such a record where it is (0048). */
  mayOverreachByCreating(machine: Machine): boolean {
    const speaksOld = ({ name, kind, isOld }: Machine) => isOld && (kind === 'hub' || name === machine.name)
    return machine.isUp && this.isFiltered(machine) && !this.machines.some(speaksOld)
  }

  /** Somebody makes a record that their role may not make. */
  overreachByCreating(machine: Machine): void {
    const { role, weddings } = machine.grant
    const { random } = this.world
    if (this.#overreaching >= MAX_OVERREACHING) return
    const id = uuidOf(30_000 + this.#overreaching++)
    const record = overreachingRecordBy(role, random.pick(weddings === 'all' ? WEDDINGS : weddings), id, random)
    if (record) machine.change(id, (before, author) => before ?? createRecord(record, author), 'forbidden')
  }

  /** Who caters at the lake caters no more, or again: from then on its device is to be given other records than before. */
  retype(machine: Machine): void {
    const { random } = this.world
    const change = random.chance(0.3) ? deleteRecord : undefined
    const data = { type: random.pick(['caterer', 'Catering', 'florist']) }
    machine.change(KITCHEN, (row, author) => row && (change ?? ((each) => editRecord(each, data, author)))(row, author))
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
    machine.disk = this.#newDisk(machine.name, backup)
    machine.forgetSeen()
    machine.start()
    machine.introduce()
  }

  mayCopy({ name, kind }: Machine): boolean {
    return kind === 'device' && !name.endsWith(COPY) && this.named(name + COPY) === undefined
  }

  /** A data folder is copied to another machine. */
  copy(machine: Machine): void {
    const name = machine.name + COPY
    const [hub, cloud] = [machine.upstreams.get('hub'), machine.upstreams.get('cloud')]
    const calls = { ...(hub !== undefined && { hub }), ...(cloud !== undefined && { cloud }) }
    this.place(
      { name, kind: 'device', grant: machine.grant, ...calls },
      this.#newDisk(name, machine.disk),
      machine.isOld,
    )
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
    const { state } = machine.disk
    for (const key of [...state.keys()]) if (!key.startsWith(DRAFTS) && random.chance(0.2)) state.delete(key)
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
    // It is the device that is named by a grant, and a copied data folder is the same.
    const { deviceId } = holderOf(machine.name)
    for (const each of this.machines.filter(({ name }) => holderOf(name).deviceId === deviceId)) {
      this.world.grants.set(each.name, { role: 'planner', weddings: 'all' })
      this.world.ledger.permit(each.name)
      for (const to of each.upstreams.values()) this.world.network.cut(each.name, to, 'reset')
    }
  }

  /**
   * A device may hold what its hub has lost, and may not write it: for all that the hub can tell, it was made up. People know
   * better, and let it in, with whatever else is in the record; what somebody did at the device itself has to find its way without
   * them.
   */
  letInWhatWasLost(): void {
    for (const machine of this.machines) {
      this.#letIn(machine, (news, sender) => news.some((value) => value.machine !== sender.name))
    }
  }

  /** Who is in charge at a hub looks through what was set aside there, and lets in some of what devices overreached with. */
  letInOverreach(hub: Machine): void {
    this.#letIn(hub, (news) => news.some(({ isForbidden }) => isForbidden) && this.world.random.chance(0.5))
  }

  #letIn(machine: Machine, trusts: (news: readonly Written[], sender: Machine) => boolean): void {
    const { ledger } = this.world
    machine.letIn(({ id, peer, raw }: QuarantineEntry) => {
      const sender = this.machines.find(({ disk }) => disk.epoch === peer)
      const record = decodeRecord(raw)
      if (!sender || !record.ok) return false
      const news = ledger.valuesIn(record.value, machine.disk.record(id))
      const isTrusted = trusts(news, sender)
      if (isTrusted) ledger.letIn(news)
      return isTrusted
    })
  }

  named(name: string): Machine | undefined {
    return this.machines.find((machine) => machine.name === name)
  }

  #newDisk(name: string, from?: Disk): Disk {
    const [epoch, actor] = [elevenChars(`epoch${++this.#incarnations}`), mintActor(this.world.actors, name)]
    return from ? from.copy(epoch, actor) : createDisk(epoch, actor)
  }

  #foundWeddings(machine: Machine): void {
    WEDDINGS.forEach((id, n) => {
      const data = { name: `Wedding ${n}`, date: n === 0 ? '2026-06-12' : '2026-09-05' }
      machine.change(id, (_, author) => createRecord({ id, scope: id, table: 'weddings', data }, author))
    })
    const [scope] = WEDDINGS
    const kitchen = { id: KITCHEN, scope, table: 'vendors', data: { name: 'The Kitchen', type: 'caterer' } }
    machine.change(KITCHEN, (_, author) => {
      const row = createRecord(kitchen, author)
      this.world.vendorRows.push(row)
      return row
    })
  }

  #editable(machine: Machine): readonly string[] {
    const { weddings } = machine.grant
    return WEDDINGS.filter((scope) => weddings === 'all' || weddings.includes(scope))
      .flatMap((scope) => machine.disk.inScope(scope))
      .filter(({ id, table }) => table !== 'weddings' && id !== KITCHEN)
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

  /** Of what the disk has and `left` has not, in records or drafts, that is at risk which nobody else has. */
  #lose(machine: Machine, left: Disk): void {
    const others = this.machines.filter((other) => other !== machine).map(({ disk }) => holdingsOf(disk))
    const [before, after] = [holdingsOf(machine.disk), holdingsOf(left)]
    for (const value of this.world.ledger.written) {
      if (before(value) && !after(value) && !others.some((holds) => holds(value))) value.isAtRisk = true
    }
  }
}

/** Whether something is on a disk: in its record, or in a draft. */
function holdingsOf(disk: Disk): (value: Written) => boolean {
  const kept = draftsOn(disk)
  return (value) => isIn(disk.record(value.id), value) || kept.some(({ record }) => isIn(record, value))
}
