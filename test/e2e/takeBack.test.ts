/** A photographer's laptop, in this process, and the hub: an edit that the role does not allow. */
import { afterAll, expect, it } from 'vitest'
import { createClient } from '../../model/client/client.ts'
import { editRecord } from '../../model/merge/edit.ts'
import { viewRecord } from '../../model/merge/view.ts'
import { queueReply } from '../../model/rest/queue.ts'
import { ROUTES } from '../../model/rest/routes.ts'
import { drafts } from '../../model/sync/drafts.ts'
import { type Install, openInstall } from '../../server/install/install.ts'
import { mustBeOk } from '../support/mustBeOk.ts'
import { makeWedding, newJoin } from '../support/teamCalls.ts'
import { rest, type Server, serve, temporaryFolders } from '../support/wedsync.ts'

const folders = temporaryFolders()
let hub: Server | undefined
let laptop: Install | undefined

afterAll(async () => {
  await laptop?.stop()
  await hub?.kill()
  folders.cleanUp()
})

it('[ROL4] is a draft on the laptop, in quarantine at the hub, and let in there it is on both', async () => {
  hub = await serve(['hub', '--data', folders.make('hub'), '--lan-host', '127.0.0.1', '--lan-port', '0'])
  const owner = rest(hub.ready.url, hub.ready.token)
  const { id: wedding, items } = await makeWedding(owner, 'Anna and Ben', ['Ceremony'])
  const [item = ''] = items
  const { join } = await newJoin(owner, { role: 'photographer' })
  const opened = await openInstall({
    dataDir: folders.make('laptop'),
    port: 0,
    pagesDir: folders.make('pages'),
    log: () => undefined,
    discovery: false,
    keepBackups: 0,
    join,
  })
  const own = mustBeOk(opened)
  laptop = own
  const { changes, state } = own.store
  const titleIs = async (title: string): Promise<boolean> => {
    const record = (await changes.records([item])).get(item)
    return record !== undefined && viewRecord(record).data.title === title
  }
  /** Looks each time that the laptop's store has changed. */
  const until = (title: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => titleIs(title).then((is) => is && done(), reject)
      const stop = changes.subscribe(look)
      function done(): void {
        stop()
        resolve()
      }
      void look()
    })
  await until('Ceremony')

  const api = createClient(ROUTES, {
    server: own.url,
    token: new URL(own.windowUrl).hash.replace('#launch=', ''),
    fetch,
  })
  const { actor = '' } = mustBeOk(await api.installStatus())
  // As a window writes it that was open when the role changed.
  await changes.update([item], (current) => {
    const record = current.get(item)
    return record ? [{ record: editRecord(record, { title: 'Rite' }, { actor, stamp: '0zqc6p97s000' }) }] : []
  })
  expect(await titleIs('Rite')).toBe(true)
  await until('Ceremony')
  expect([...(await drafts(state, wedding)).values()]).toMatchObject([{ id: item, fields: ['title'] }])
  expect(mustBeOk(await api.installStatus()).actor).not.toBe(actor)
  const [draft] = mustBeOk(await api.queue()).items.filter(({ status }) => status === 'failed')
  expect(draft).toMatchObject({ recordId: item, last_error: expect.stringContaining('may not write title') })
  const params = { id: draft?.id ?? '' }
  expect(await api.retryQueued({ params })).toMatchObject({ ok: false, error: { kind: 'refused', status: 403 } })

  const letters = queueReply.parse((await owner.get('queue/pending')).body).items
  const letter = letters.find(({ recordId, status }) => recordId === item && status === 'failed')
  expect(letter?.last_error).toContain('may not write title')
  expect((await owner.send('PUT', `queue/retry/${letter?.id}`, {})).status).toBe(200)
  await until('Rite')
  mustBeOk(await api.removeQueued({ params }))
  expect((await drafts(state)).size).toBe(0)
})
