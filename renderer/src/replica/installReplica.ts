/** The window of an install: the install's own database, and the status that its server reports. */
import { createRxDatabase, type RxCollection } from 'rxdb'
import { BehaviorSubject, type Observable } from 'rxjs'
import { RECORDS, type RecordDocument, recordSchema } from '../../../model/database/recordSchema.ts'
import { rxRecordStore } from '../../../model/database/rxRecordStore.ts'
import { createClock } from '../../../model/merge/clock.ts'
import { err, ok } from '../../../model/result.ts'
import { fetchBlob, putBlob } from '../photos/blobCalls.ts'
import { installPresence } from '../presence/installPresence.ts'
import { tellActivity } from './activity.ts'
import { type PageApi, pageApi } from './api.ts'
import { openDatabaseLine } from './databaseLine.ts'
import { followStatus, lose, readStatus } from './installStatus.ts'
import { remoteStorage } from './remoteStorage.ts'
import type { OpenOutcome, OwnDrafts, ReplicaStatus } from './replica.ts'

export async function openInstallReplica(secret: string): Promise<OpenOutcome> {
  const api = pageApi(secret)
  const info = await api.window()
  if (!info.ok && info.error.kind === 'refused' && info.error.status === LOCKED) return lockedWindow(api, secret)
  if (!info.ok) return gone(info.error.kind === 'refused' ? info.error.status : 0)
  const first = await readStatus(api)
  if (!first.ok) return gone(0)
  const status = new BehaviorSubject<ReplicaStatus>(first.value)
  const database = await createRxDatabase<{ [RECORDS]: RxCollection<RecordDocument> }>({
    name: 'wedsync',
    storage: remoteStorage({
      openLine: () => openDatabaseLine(window.location.href, secret),
      gone: 'the local server is gone',
      onGone: () => lose(status),
    }),
    multiInstance: false,
  })
  await database.addCollections({ [RECORDS]: { schema: recordSchema } })
  const collection = database[RECORDS]
  const clock = createClock(Date.now, () => status.value.clockOffsetMs ?? 0)
  const { team, userId, deviceId, actor } = info.value
  followStatus(api, status, () => window.location.reload())
  tellActivity(api)
  return {
    kind: 'ready',
    replica: {
      kind: 'install',
      collection,
      store: rxRecordStore(collection),
      files: {
        keep: (bytes, name, place) => putBlob(secret, bytes, name, place),
        load: (name) => fetchBlob(secret, name),
      },
      author: () => ({ actor: status.value.actor ?? actor, stamp: clock.next() }),
      team,
      userId,
      deviceId,
      status: status as Observable<ReplicaStatus>,
      api,
      presence: installPresence(api),
      drafts: installDrafts(api),
    },
  }
}

function installDrafts(api: PageApi): OwnDrafts {
  return {
    async list() {
      const answer = await api.ownDrafts()
      return answer.ok ? ok(answer.value.drafts) : answer
    },
    remove: ({ id }) => api.removeQueued({ params: { id } }),
  }
}

/** HTTP status. */
const LOCKED = 423

function lockedWindow(api: PageApi, secret: string): OpenOutcome {
  return {
    kind: 'locked',
    async unlock(passphrase) {
      const answer = await api.unlockWindow({ body: { passphrase } })
      if (!answer.ok) return err(answer.error.message)
      return ok(await openInstallReplica(secret))
    },
  }
}

function gone(status: number): OpenOutcome {
  return {
    kind: 'failed',
    title: status === 401 ? 'This window belongs to an earlier start' : 'WedSync on this computer does not answer',
    advice: 'Close this window and start WedSync again; it opens a new one.',
  }
}
