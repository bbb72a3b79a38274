import { Alert, Autocomplete, Button, Group, Modal, NumberInput, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useReplica } from '../data/ReplicaContext.tsx'
import { namesIn, withoutEmpty } from '../timeline/itemForm.ts'
import { useSave } from '../ui/useSave.tsx'
import type { Wedding } from '../weddings/wedding.ts'
import { type PhotoGroup, rankAfter, USUAL_MINUTES } from './group.ts'

interface GroupDialogProps {
  readonly wedding: Wedding
  readonly groups: readonly PhotoGroup[]
  readonly onClose: () => void
}

const MAX_NAME_CHARS = 200
const MAX_MINUTES = 600

/** Adds a photo group at the end of the list. */
export function GroupDialog({ wedding, groups, onClose }: GroupDialogProps) {
  const { edits } = useReplica()
  const { busy, failure, save } = useSave()
  const [name, setName] = useState('')
  const [people, setPeople] = useState('')
  const [section, setSection] = useState(groups.at(-1)?.section ?? '')
  const [minutes, setMinutes] = useState<number | string>(USUAL_MINUTES)
  const sections = [...new Set(groups.map((group) => group.section))].filter((title) => title !== '')

  async function submit() {
    const data = withoutEmpty({
      name: name.trim(),
      people: namesIn(people),
      section: section.trim() === '' ? null : section.trim(),
      minutes: typeof minutes === 'number' ? minutes : null,
      rank: rankAfter(groups),
    })
    const record = { id: crypto.randomUUID(), scope: wedding.id, table: 'photo_groups', data }
    await save(`“${name.trim()}”`, () => edits.create([record]), onClose)
  }

  return (
    <Modal opened onClose={onClose} title="Add group" closeOnClickOutside={false}>
      <form
        onSubmit={async (event) => {
          event.preventDefault()
          await submit()
        }}
      >
        <Stack gap="md">
          <TextInput
            label="Name"
            required
            withAsterisk={false}
            data-autofocus
            maxLength={MAX_NAME_CHARS}
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <TextInput
            label="People"
            placeholder="Names, separated by commas"
            value={people}
            onChange={({ currentTarget }) => setPeople(currentTarget.value)}
          />
          <Autocomplete
            label="Section"
            data={sections}
            maxLength={MAX_NAME_CHARS}
            value={section}
            onChange={setSection}
          />
          <NumberInput
            label="Minutes"
            min={1}
            max={MAX_MINUTES}
            hideControls
            inputMode="numeric"
            value={minutes}
            onChange={setMinutes}
          />
          {failure !== undefined && <Alert color="red">{failure}</Alert>}
          <Group justify="end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy} disabled={name.trim() === ''}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
