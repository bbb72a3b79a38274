import './photos.css'
import { Button, FileButton, Group, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMemo, useState } from 'react'
import type { BlobTable } from '../../../model/blobs/mentions.ts'
import { useReplica, useRights, useStatus, useTable } from '../data/ReplicaContext.tsx'
import { Opening } from '../start/Opening.tsx'
import { Icon } from '../ui/icons.tsx'
import { useSave } from '../ui/useSave.tsx'
import type { Wedding } from '../weddings/wedding.ts'
import { addFile, fileFault, MAX_FILE_WORDS } from './addFile.ts'
import { DocumentList } from './DocumentList.tsx'
import { PhotoDialog } from './PhotoDialog.tsx'
import { PhotoGrid } from './PhotoGrid.tsx'
import { byTime, fileOf } from './photo.ts'

/** The photos and documents of one wedding, live. */
export function PhotosScreen({ wedding }: { readonly wedding: Wedding }) {
  const photoRows = useTable(wedding.id, 'photos')
  const documentRows = useTable(wedding.id, 'documents')
  const { mayCreate } = useRights()
  const { adding, add } = useAdding(wedding.id)
  const [shown, setShown] = useState<string>()
  const hasHub = useStatus()?.upstreams.some(({ kind }) => kind === 'hub') ?? false
  const photos = useMemo(() => byTime((photoRows ?? []).map((row) => fileOf(row, hasHub))), [photoRows, hasHub])
  const documents = useMemo(
    () => byTime((documentRows ?? []).map((row) => fileOf(row, hasHub))),
    [documentRows, hasHub],
  )
  if (!photoRows || !documentRows) return <Opening what="Reading photos and documents…" />
  const open = photos.find(({ id }) => id === shown)
  return (
    <>
      <Heading title="Photos" count={photos.length} waiting={photos.filter(({ isWaiting }) => isWaiting).length}>
        {mayCreate(wedding.id, 'photos') && (
          <AddButton accept="image/*" words="Add photos" busy={adding} onFiles={(files) => add('photos', files)} />
        )}
      </Heading>
      {photos.length === 0 ? (
        <Text c="dimmed">No photos yet. They are sent to the hub when the line is free, small pictures first.</Text>
      ) : (
        <PhotoGrid photos={photos} onOpen={setShown} />
      )}
      <Heading
        title="Documents"
        count={documents.length}
        waiting={documents.filter(({ isWaiting }) => isWaiting).length}
      >
        {mayCreate(wedding.id, 'documents') && (
          <AddButton words="Add documents" busy={adding} onFiles={(files) => add('documents', files)} />
        )}
      </Heading>
      {documents.length === 0 ? (
        <Text c="dimmed">No documents yet. Only the planning team sees them; up to {MAX_FILE_WORDS} each.</Text>
      ) : (
        <DocumentList documents={documents} />
      )}
      {open && <PhotoDialog photo={open} onClose={() => setShown(undefined)} />}
    </>
  )
}

interface HeadingProps {
  readonly title: string
  readonly count: number
  readonly waiting: number
  readonly children: React.ReactNode
}

function Heading({ title, count, waiting, children }: HeadingProps) {
  return (
    <Group justify="space-between" mt="md" mb="sm" wrap="nowrap">
      <h2 className="files-head">
        {title} <span className="faint">{count}</span>
        {waiting > 0 && <span className="tag">{waiting} not sent yet</span>}
      </h2>
      {children}
    </Group>
  )
}

interface AddButtonProps {
  readonly words: string
  readonly accept?: string
  readonly busy: boolean
  readonly onFiles: (files: readonly File[]) => void
}

function AddButton({ words, accept, busy, onFiles }: AddButtonProps) {
  return (
    <FileButton multiple onChange={onFiles} {...(accept !== undefined && { accept })}>
      {(props) => (
        <Button {...props} loading={busy} leftSection={<Icon name="plus" />} style={{ flex: 'none' }}>
          {words}
        </Button>
      )}
    </FileButton>
  )
}

/** Adds one file after the other; one that cannot be added does not keep the others back. */
function useAdding(wedding: string) {
  const { replica, edits } = useReplica()
  const { busy, save } = useSave()
  const add = async (table: BlobTable, files: readonly File[]): Promise<void> => {
    for (const file of files) {
      const fault = fileFault(file)
      if (fault === undefined)
        await save(`“${file.name}”`, () => addFile(file, { wedding, table }, replica.files, edits))
      else notifications.show({ color: 'red', title: 'Not added', message: fault, autoClose: false })
    }
  }
  return { adding: busy, add }
}
