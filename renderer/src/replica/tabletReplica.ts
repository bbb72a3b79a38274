/**
 * A tablet's own replica: RxDB over Dexie in this browser, and the same sync engine as everywhere, calling the hub that
 * gave the page. It goes on working when the hub is gone.
 */
import { BehaviorSubject } from 'rxjs'
import { v5 as uuidv5 } from 'uuid'
import { z } from 'zod'
import { ACTOR_RECORDS } from '../../../model/database/actorRecords.ts'
import { openSequencedStore } from '../../../model/database/sequencedStore.ts'
import { createClock } from '../../../model/merge/clock.ts'
import { type Author, createRecord } from '../../../model/merge/edit.ts'
import type { ChangeStore, StateStore } from '../../../model/sync/changeStore.ts'
import { draftNotice } from '../../../model/sync/drafts.ts'
import { trustOf } from '../../../model/sync/ownTrust.ts'
import { quarantined } from '../../../model/sync/quarantine.ts'
import { createReplicaSync, type ReplicaSync } from '../../../model/sync/replicaSync.ts'
import { openTabletFiles } from '../photos/tabletFiles.ts'
import { tabletPresence } from '../presence/tabletPresence.ts'
import { pageApi } from './api.ts'
import { browserScheduler, hubPlace } from './browserTransport.ts'
import type { ReplicaStatus } from './replica.ts'
import { askForRoom, roomNotice } from './room.ts'
import type { Led } from './tabLeading.ts'
import { tabletDrafts } from './tabletDrafts.ts'
import {
  epochOf,
  KEY_REPLACED,
  keepToken,
  type Membership,
  newEpoch,
  SHUT_OUT,
  type Stores,
} from './tabletMembership.ts'

const STATUS_PAUSE_MS = 200
/** Starts to sync. Only one tab may do that at a time (`tabTurn.ts`). */
export async function startTablet({ records, state }: Stores, member: Membership): Promise<Led> {
  const changes = await openSequencedStore(records, await epochOf(state))
  const { team, userId, deviceId, deviceName, grant } = member
  let { token } = member
  // An edit takes its author and its place in the queue of the store in one step: none waits under an actor of before.
  let actor = z.string().parse((await state.get('actor')) ?? changes.epoch)
  const retired = new Set<string>()
  const actors = {
    current: () => actor,
    async retire() {
      const next = newEpoch()
      await state.set('actor', next)
      retired.add(actor)
      actor = next
      await introduce(changes, member, author())
    },
  }
  let refresh = (): void => undefined
  const sync = createReplicaSync({
    changes,
    state,
    scheduler: browserScheduler,
    self: () => ({ deviceId, deviceName, team: team.id, token }),
    onChange: () => refresh(),
    onShutOut: () => void state.set(SHUT_OUT, true).then(refresh),
    onUnknown(_kind, code) {
      if (code === 'KEY_REPLACED') void state.set(KEY_REPLACED, true).then(refresh)
    },
    onRenewed(renewed) {
      token = renewed
      void keepToken(state, member, token)
    },
    saver: () => isSavingData(navigator),
    trust: (kind) => trustOf(changes, { team: team.id, userId, deviceId, grant }, kind, actors),
  })
  const clock = createClock(Date.now, sync.clockOffset)
  const author = (): Author => ({ actor, stamp: clock.next() })
  await introduce(changes, member, author())
  const hub = hubPlace(team.id)
  sync.connect('hub', hub.dial, member.hub.name)
  const files = await openTabletFiles({ changes, sync, token, origin: hub.origin, author })
  const status = new BehaviorSubject(await readStatus(member, sync, state))
  refresh = atMostEvery(STATUS_PAUSE_MS, async () => status.next(await readStatus(member, sync, state)))
  changes.subscribe(refresh)
  window.addEventListener('online', () => sync.poke())
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') sync.poke()
  })
  return {
    store: changes,
    token: () => token,
    actor: actors.current,
    clockOffset: sync.clockOffset,
    origin: hub.origin,
    isRetired: (each) => retired.has(each),
    replica: {
      kind: 'tablet',
      collection: records,
      store: changes,
      files,
      author,
      team: team.id,
      userId,
      deviceId,
      status,
      api: pageApi(token, hub.origin),
      presence: tabletPresence(sync.presence),
      drafts: tabletDrafts(state),
    },
  }
}

/** Tells the team whose edits this tablet's are. */
async function introduce(
  changes: ChangeStore,
  { team, userId, deviceId, personName, deviceName }: Membership,
  author: Author,
): Promise<void> {
  const id = uuidv5(author.actor, ACTOR_RECORDS)
  const data = { actor: author.actor, userId, deviceId, personName, deviceName }
  await changes.update([id], (current) =>
    current.has(id) ? [] : [{ record: createRecord({ id, scope: team.id, table: 'actors', data }, author) }],
  )
}

async function readStatus(member: Membership, sync: ReplicaSync, state: StateStore): Promise<ReplicaStatus> {
  const room = await askForRoom(navigator.storage)
  const notice = (room && roomNotice(room)) ?? (await draftNotice(state))
  const upstreams = await sync.upstreams()
  // Another one may have taken over since this tablet joined.
  const hubName = upstreams.find(({ kind }) => kind === 'hub')?.name ?? member.hub.name
  return {
    role: 'tablet',
    deviceName: member.deviceName,
    personName: member.personName,
    grant: member.grant,
    hub: { name: hubName, fingerprint: member.fingerprint || undefined },
    upstreams,
    devices: [],
    quarantined: (await quarantined(state)).length,
    ...((await state.get(SHUT_OUT)) === true && { isShutOut: true }),
    ...((await state.get(KEY_REPLACED)) === true && { isKeyReplaced: true }),
    ...(notice !== undefined && { notice }),
  }
}

/** Folds calls into one run at a time, with a pause between runs; the last call is always followed by a run. */
function atMostEvery(ms: number, run: () => Promise<void>): () => void {
  let running = false
  let again = false
  const go = async (): Promise<void> => {
    running = true
    do {
      again = false
      await run()
      await new Promise((resolve) => setTimeout(resolve, ms))
    } while (again)
    running = false
  }
  return () => {
    again = true
    if (!running) void go()
  }
}

const saving = z.object({ connection: z.object({ saveData: z.literal(true) }) })

/** Whether the person has asked this browser to use little data (Network Information API; not in every browser). */
function isSavingData(navigator: unknown): boolean {
  return saving.safeParse(navigator).success
}
