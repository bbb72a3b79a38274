import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createRecord } from '../../../model/merge/edit.ts'
import { openSqliteStore, type SqliteStore } from '../../../server/changes/sqlite.ts'
import { noteTeamChange, withoutFormerTeams } from '../../../server/install/formerTeams.ts'
import { uuidOf } from '../../support/ids.ts'
import { at } from '../../support/mergeHelpers.ts'
import { mustBeOk } from '../../support/mustBeOk.ts'

const [OWN, TEAM, OTHER] = [uuidOf(1), uuidOf(2), uuidOf(3)]

let folder: string
let store: SqliteStore
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wedsync-former-'))
  store = mustBeOk(await openSqliteStore(join(folder, 'wedsync.db'), randomBytes(32)))
  for (const scope of [OWN, TEAM, OTHER]) {
    const record = createRecord({ id: crypto.randomUUID(), scope, table: 'tasks', data: { title: 'T' } }, at(1, scope))
    await store.changes.update([record.id], () => [{ record }])
  }
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const seenAs = async (present: string) => [...(await withoutFormerTeams(store, present).changes.scopes())].sort()

it('are left out from the first moment in which this install is part of another one', async () => {
  await noteTeamChange(store.state, OWN, TEAM)
  expect(await seenAs(TEAM)).toEqual([TEAM, OTHER])
})

it('are not yet former ones where a crash came before the new identity was saved', async () => {
  await noteTeamChange(store.state, OWN, TEAM)
  expect(await seenAs(OWN)).toEqual([OWN, TEAM, OTHER])
  await noteTeamChange(store.state, OWN, OTHER)
  expect(await seenAs(OTHER)).toEqual([TEAM, OTHER])
})

it('are no longer so when this install comes back to one', async () => {
  await noteTeamChange(store.state, OWN, TEAM)
  await noteTeamChange(store.state, TEAM, OTHER)
  expect(await seenAs(OTHER)).toEqual([OTHER])
  await noteTeamChange(store.state, OTHER, TEAM)
  expect(await seenAs(TEAM)).toEqual([TEAM])
})
