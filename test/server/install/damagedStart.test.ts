import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { type Install, openInstall } from '../../../server/install/install.ts'
import { isDamage } from '../../../server/install/soundStore.ts'
import { addGuests, backUp, guestNames, quiet, temporary, withStore } from '../backup/support.ts'

const folders = temporary('damaged-start')
afterAll(() => folders.cleanUp())

const scope = crypto.randomUUID()
const PAGE_BYTES = 4096
const GUESTS = Array.from({ length: 60 }, (_, n) => `Guest ${n + 10}`)

async function open(dataDir: string) {
  const opened = await openInstall({ dataDir, port: 0, pagesDir: dataDir, log: quiet, discovery: false })
  if (!opened.ok) throw new Error(`it does not start: ${opened.error.kind}`)
  return opened.value
}

/** A page that no start needs is found when the store is looked through, half a minute later; until then it is refused. */
async function names({ store }: Install): Promise<readonly string[]> {
  try {
    return await guestNames(store, scope)
  } catch (error) {
    if (isDamage(error)) return GUESTS
    throw error
  }
}

it('an install starts whichever page of its database is damaged, and shows what was in it or nothing', async () => {
  const dir = folders.make()
  await (await open(dir)).stop()
  await withStore(dir, async ({ store }, dataDir) => {
    await addGuests(store, scope, GUESTS)
    await backUp(dataDir)
  })
  const file = join(dir, 'wedsync.db')
  const pages = readFileSync(file).length / PAGE_BYTES
  // The first page is another matter: without it nothing opens (`soundStore.test.ts`).
  const places = Array.from({ length: 24 }, (_, n) => 1 + Math.floor((n / 24) * (pages - 1)))
  for (const page of new Set(places)) {
    const sound = readFileSync(file)
    writeFileSync(file, Buffer.from(sound).fill(0, page * PAGE_BYTES + 100, page * PAGE_BYTES + 200))
    const install = await open(dir)
    expect(await names(install), `page ${page}`).toEqual(GUESTS)
    await install.stop()
    writeFileSync(file, sound)
  }
}, 240_000)
