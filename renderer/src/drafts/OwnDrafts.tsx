import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useCallback, useState } from 'react'
import type { OwnDraft } from '../../../model/rest/window.ts'
import { useReplica, useStatus } from '../data/ReplicaContext.tsx'
import { ROLE_NAMES } from '../devices/roleWords.ts'
import { usePolled } from '../ui/usePolled.ts'
import { useReturnFocus } from '../ui/useReturnFocus.ts'
import type { Wedding } from '../weddings/wedding.ts'
import { DraftCard } from './DraftCard.tsx'

const EVERY_MS = 3_000

/** Says that changes of this device were taken back, as long as somebody has not removed them, and shows them. */
export function OwnDrafts({ weddings }: { readonly weddings: readonly Wedding[] }) {
  const { drafts } = useReplica().replica
  const list = useCallback(() => drafts.list(), [drafts])
  const { value: own = [], again } = usePolled(list, EVERY_MS)
  const [isOpen, setOpen] = useState(false)
  if (own.length === 0 && !isOpen) return null
  return (
    <>
      {own.length > 0 && (
        <Alert color="yellow" mt="md" title={takenBack(own.length)} role="alert">
          <Group justify="space-between">
            <Text size="sm">Your role does not allow it. What you typed is kept on this device.</Text>
            <Button variant="default" onClick={() => setOpen(true)} aria-haspopup="dialog">
              Show
            </Button>
          </Group>
        </Alert>
      )}
      {isOpen && <DraftsDialog drafts={own} weddings={weddings} onChange={again} onClose={() => setOpen(false)} />}
    </>
  )
}

function takenBack(count: number): string {
  return count === 1 ? 'One of your changes was taken back' : `${count} of your changes were taken back`
}

interface DraftsDialogProps {
  readonly drafts: readonly OwnDraft[]
  readonly weddings: readonly Wedding[]
  readonly onChange: () => void
  readonly onClose: () => void
}

function DraftsDialog({ drafts, weddings, onChange, onClose }: DraftsDialogProps) {
  useReturnFocus()
  const role = useStatus()?.grant.role
  return (
    <Modal opened onClose={onClose} title="Changes that were taken back" size="lg">
      {drafts.length === 0 ? (
        <Stack align="start">
          <Text>None are left.</Text>
          <Button onClick={onClose} data-autofocus>
            Done
          </Button>
        </Stack>
      ) : (
        <Stack gap="md">
          <Text>
            {role === undefined ? 'Your role' : `The role ${ROLE_NAMES[role].toLowerCase()}`} does not allow these
            changes, so the others do not see them. Whoever may make them finds them on the hub and can let them in
            there; or copy one, and hand it on yourself. They stay on this device until you remove them.
          </Text>
          {drafts.map((draft) => (
            <DraftCard
              key={draft.id}
              draft={draft}
              wedding={weddings.find(({ id }) => id === draft.weddingId)}
              onRemoved={onChange}
            />
          ))}
        </Stack>
      )}
    </Modal>
  )
}
