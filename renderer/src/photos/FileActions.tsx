import { ActionIcon, Button, Group } from '@mantine/core'
import { useState } from 'react'
import { useReplica } from '../data/ReplicaContext.tsx'
import { offerUndo } from '../timeline/offerUndo.tsx'
import { ConfirmDelete } from '../ui/ConfirmDelete.tsx'
import { Icon } from '../ui/icons.tsx'
import { useSave } from '../ui/useSave.tsx'
import type { FileRow } from './photo.ts'

interface FileActionsProps {
  readonly file: FileRow
  readonly mayDelete: boolean
  readonly onDeleted?: () => void
}

/** Save the file as it was added, or delete it. */
export function FileActions({ file, mayDelete, onDeleted }: FileActionsProps) {
  const { replica, edits } = useReplica()
  const { busy, save } = useSave()
  const [asking, setAsking] = useState(false)
  const { name, original, row } = file
  const remove = async (): Promise<void> => {
    await save(
      `the deletion of “${name}”`,
      () => edits.remove(row.record),
      () => {
        offerUndo({ title: `“${name}” is deleted`, undo: () => save(`“${name}”`, () => edits.keep(row.record)) })
        onDeleted?.()
      },
    )
    setAsking(false)
  }
  return (
    <Group gap="xs" wrap="nowrap">
      {original !== undefined && (
        <Button
          variant="default"
          loading={busy}
          onClick={() => save(`“${name}” as a file`, () => download(file, original))}
        >
          Save file
        </Button>
      )}
      {mayDelete && (
        <ActionIcon
          variant="subtle"
          color="red"
          size="xl"
          aria-label={`Delete ${name}`}
          onClick={() => setAsking(true)}
        >
          <Icon name="bin" />
        </ActionIcon>
      )}
      {asking && <ConfirmDelete name={name} busy={busy} onDelete={remove} onClose={() => setAsking(false)} />}
    </Group>
  )

  async function download({ row: { view } }: FileRow, hash: string): Promise<void> {
    const bytes = await replica.files.load(hash)
    if (!bytes) throw new Error('its bytes have not arrived on this device yet')
    const url = URL.createObjectURL(bytes)
    const link = document.createElement('a')
    link.href = url
    link.download = typeof view.data.filename === 'string' ? view.data.filename : name
    link.click()
    // The browser has begun to read by then; the address must not keep the bytes in memory for ever.
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
  }
}
