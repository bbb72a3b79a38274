import { Button, Group, Modal, Text } from '@mantine/core'

interface ConfirmDeleteProps {
  readonly name: string
  readonly busy: boolean
  readonly onDelete: () => Promise<void>
  readonly onClose: () => void
}

/** Asks before something disappears for everybody. */
export function ConfirmDelete({ name, busy, onDelete, onClose }: ConfirmDeleteProps) {
  return (
    <Modal opened onClose={onClose} title={`Delete “${name}”?`} size="md">
      <Text>It disappears for the whole team. You can undo this right afterwards.</Text>
      <Group mt="lg" justify="end">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button color="red" loading={busy} onClick={onDelete}>
          Delete
        </Button>
      </Group>
    </Modal>
  )
}
