import { describe, expect, it } from 'vitest'
import { blobsReply } from '../../../model/rest/blobs.ts'
import { openInstall } from '../../../server/install/install.ts'
import { rest } from '../../support/wedsync.ts'
import { folderForTest } from './support.ts'

async function blobsOf(options: { readonly cloud?: { readonly url: string }; readonly blobQuotaMegabytes?: number }) {
  const install = await openInstall({
    dataDir: folderForTest(),
    port: 0,
    pagesDir: '/',
    log: () => undefined,
    discovery: false,
    ...options,
  })
  if (!install.ok) throw new Error(install.error.kind)
  const { url, identity } = install.value
  const { body } = await rest(url, identity.token).get('blobs')
  await install.value.stop()
  return blobsReply.parse(body)
}

describe('the blobs of an install', () => {
  it('[BLOB8] say that nothing goes to the cloud while there is no key to seal bytes with', async () => {
    const { transfers } = await blobsOf({ cloud: { url: 'http://127.0.0.1:9' } })
    expect(transfers).toEqual([expect.objectContaining({ peer: 'cloud', state: 'needs-key', sentBytes: 0 })])
  })

  it('may take 500 MB, or what the install is told', async () => {
    expect(await blobsOf({})).toEqual({ usedBytes: 0, quotaBytes: 500_000_000, here: 0, missing: 0, transfers: [] })
    expect((await blobsOf({ blobQuotaMegabytes: 3 })).quotaBytes).toBe(3_000_000)
  })
})
