import { Group, Modal, Text } from '@mantine/core'
import { useRights } from '../data/ReplicaContext.tsx'
import { FileActions } from './FileActions.tsx'
import { type FileRow, sizeWords } from './photo.ts'
import { usePicture } from './usePicture.ts'

interface PhotoDialogProps {
  readonly photo: FileRow
  readonly onClose: () => void
}

/** One photo, as large as its preview, and what can be done with it. */
export function PhotoDialog({ photo, onClose }: PhotoDialogProps) {
  const url = usePicture(photo.preview ?? photo.original)
  const mayDelete = useRights().mayWrite(photo.row.record, [])
  return (
    <Modal opened onClose={onClose} title={photo.name} size="xl">
      {url === undefined ? (
        <Text c="dimmed">The picture has not arrived on this device yet. It comes by itself.</Text>
      ) : (
        <img className="photo-large" src={url} alt={photo.name} />
      )}
      <Group mt="md" justify="space-between">
        <Text c="dimmed">
          {photo.sizeBytes !== undefined && sizeWords(photo.sizeBytes)}
          {photo.isWaiting && ' · not sent to the hub yet'}
        </Text>
        <FileActions file={photo} mayDelete={mayDelete} onDeleted={onClose} />
      </Group>
    </Modal>
  )
}
