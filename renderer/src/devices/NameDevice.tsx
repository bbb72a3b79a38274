import { Button, Group, Modal, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { DeviceNaming } from '../../../model/identity/deviceNames.ts'
import { mayServeAsHub } from '../../../model/roles.ts'
import { useReplica, useStatus } from '../data/ReplicaContext.tsx'
import { useLive } from '../data/useLive.ts'
import { useReturnFocus } from '../ui/useReturnFocus.ts'
import { useSave } from '../ui/useSave.tsx'

const MAX_NAME_CHARS = 200

interface NameDeviceProps {
  readonly deviceId: string
  /** Whose it is, for whoever hears the button and does not see where it stands. */
  readonly label: string
}

/** Gives a device another name: people their own, the owner of everything any; nothing for anybody else. */
export function NameDevice({ deviceId, label }: NameDeviceProps) {
  const { replica, live } = useReplica()
  const naming = useLive(live.namings)?.get(deviceId)
  const grant = useStatus()?.grant
  const [isNaming, setNaming] = useState(false)
  const isOwner = grant?.role === 'owner' && mayServeAsHub(grant)
  if (!naming || (deviceId !== replica.deviceId && !isOwner)) return null
  return (
    <>
      <Button variant="default" aria-haspopup="dialog" aria-label={label} onClick={() => setNaming(true)}>
        Rename
      </Button>
      {isNaming && <NameDialog naming={naming} onClose={() => setNaming(false)} />}
    </>
  )
}

function NameDialog({ naming, onClose }: { readonly naming: DeviceNaming; readonly onClose: () => void }) {
  useReturnFocus()
  const { edits } = useReplica()
  const { busy, failure, save } = useSave()
  const [typed, setTyped] = useState(naming.name)
  const name = typed.trim()

  function submit() {
    if (name === naming.name) onClose()
    else void save('the name of the device', () => edits.edit(naming.record, { deviceName: name }), onClose)
  }

  return (
    <Modal opened onClose={onClose} title={`Rename “${naming.name}”`} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <TextInput
          label="What does the team call it?"
          description="Such as “Rita's iPad” or “Bar”. Everybody sees it: in the list of devices, and beside what is changed on it."
          value={typed}
          maxLength={MAX_NAME_CHARS}
          data-autofocus
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        {failure !== undefined && (
          <Text c="red" mt="sm">
            {failure}
          </Text>
        )}
        <Group mt="lg" justify="end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy} disabled={name === ''}>
            Save
          </Button>
        </Group>
      </form>
    </Modal>
  )
}
