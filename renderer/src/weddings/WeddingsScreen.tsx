import './weddings.css'
import { Alert, Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { useReplica, useRights, useStatus } from '../data/ReplicaContext.tsx'
import { JoinTeamDialog } from '../devices/JoinTeamDialog.tsx'
import { ImportDialog } from '../import/ImportDialog.tsx'
import { go } from '../route.ts'
import { localDate } from '../time/local.ts'
import { useNow } from '../ui/useNow.ts'
import { useSave } from '../ui/useSave.tsx'
import { NoWeddings } from './NoWeddings.tsx'
import { sampleRecords } from './sample.ts'
import { WeddingList } from './WeddingList.tsx'
import { inOrderOfNeed, type Wedding } from './wedding.ts'

/** All weddings on this device, or the two ways to begin. */
export function WeddingsScreen({ weddings }: { readonly weddings: readonly Wedding[] }) {
  const { replica, edits } = useReplica()
  const { mayCreate } = useRights()
  const nowMs = useNow()
  const { busy, save } = useSave()
  const [importing, setImporting] = useState(false)
  const [joining, setJoining] = useState(false)
  const status = useStatus()
  // Of an install that has just joined, too: a sample among the weddings that are about to come would puzzle the team.
  const waitsForHub =
    replica.kind === 'tablet' ||
    status?.upstreams.some(({ kind, state }) => kind === 'hub' && state !== 'equal') === true
  const needsKit = status?.recoveryKit === false && status.grant.role === 'owner'

  async function openSample() {
    const { weddingId, records } = sampleRecords(Date.now())
    await save(
      'the sample wedding',
      () => edits.create(records),
      () => go({ screen: 'wedding', weddingId, tab: 'timeline' }),
    )
  }

  const mayBegin = mayCreate('', 'weddings')
  return (
    <>
      {weddings.length === 0 ? (
        <NoWeddings
          waitsForHub={waitsForHub}
          isFetching={status?.upstreams.some(({ state }) => state === 'syncing') === true}
          mayBegin={mayBegin}
          busy={busy}
          onImport={() => setImporting(true)}
          onSample={openSample}
          onJoin={replica.kind === 'install' ? () => setJoining(true) : undefined}
        />
      ) : (
        <>
          {needsKit && <KitReminder />}
          <WeddingList
            weddings={inOrderOfNeed(weddings, localDate(nowMs, weddings[0]?.zone ?? 'utc'))}
            nowMs={nowMs}
            onOpen={({ id }) => go({ screen: 'wedding', weddingId: id, tab: 'timeline' })}
            {...(mayBegin && { onImport: () => setImporting(true) })}
          />
        </>
      )}
      {joining && <JoinTeamDialog onClose={() => setJoining(false)} />}
      {importing && <ImportDialog weddings={weddings} onClose={() => setImporting(false)} />}
    </>
  )
}

/** Until the team has a recovery kit. */
function KitReminder() {
  return (
    <Alert color="yellow" mt="md">
      <Group justify="space-between">
        <Text size="sm">
          If every device is lost, nobody can open your weddings again: there is no recovery kit yet.
        </Text>
        <Button variant="default" onClick={() => go({ screen: 'devices' })}>
          Make one
        </Button>
      </Group>
    </Alert>
  )
}
