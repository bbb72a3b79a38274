import { Alert, Button, Checkbox, Group, Modal, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { fieldWords, valueWords } from '../conflicts/words.ts'
import { useReplica } from '../data/ReplicaContext.tsx'
import { useBeingEdited, useEditors } from '../presence/useOthers.ts'
import { dayWords } from '../time/local.ts'
import { dateAfterRetiming, type TimesError } from '../time/retime.ts'
import { useSave } from '../ui/useSave.tsx'
import type { Wedding } from '../weddings/wedding.ts'
import type { TimelineItem } from './item.ts'
import { type ItemForm, itemChanges, itemForm, withoutEmpty } from './itemForm.ts'

interface ItemDialogProps {
  readonly wedding: Wedding
  /** The item as it was when the person opened it; absent for a new one. */
  readonly item: TimelineItem | undefined
  /** The same item as it is now. */
  readonly latest: TimelineItem | undefined
  readonly onClose: () => void
}

const MAX_NAME_CHARS = 200
const MAX_TEXT_CHARS = 10_000

const TIME_ERRORS: Readonly<Record<TimesError, string>> = {
  'end-before-start': 'The end is before the start. Correct one of them.',
  'not-a-time': 'This is not a time. Write it as 15:20.',
}

/** Adds an item, or edits one. */
export function ItemDialog({ wedding, item, latest, onClose }: ItemDialogProps) {
  const { edits } = useReplica()
  useBeingEdited(item?.id)
  const editors = useEditors(wedding.id).get(item?.id ?? '')
  const { busy, failure, save } = useSave()
  const before = item?.row.view.data ?? {}
  const [shown] = useState(() => itemForm(before, wedding.zone, wedding.date))
  const [form, setForm] = useState(shown)
  const [dateChosen, setDateChosen] = useState(false)
  const set = (change: Partial<ItemForm>) => setForm({ ...form, ...change })

  const changes = itemChanges(before, shown, form, wedding.zone)
  const timeError = changes.ok ? undefined : TIME_ERRORS[changes.error]
  const endMoved = changes.ok && form.end === shown.end && 'endTime' in changes.value

  function setStart(start: string) {
    const date = dateChosen ? form.date : dateAfterRetiming({ date: shown.date, time: shown.start }, start)
    set({ start, date })
  }

  async function submit() {
    if (!changes.ok) return
    const what = `“${form.title.trim()}”`
    const data = changes.value
    if (!item) {
      const record = { id: crypto.randomUUID(), scope: wedding.id, table: 'timeline_items', data: withoutEmpty(data) }
      await save(what, () => edits.create([record]), onClose)
    } else if (Object.keys(data).length === 0) onClose()
    else await save(what, () => edits.edit(item.row.record, data), onClose)
  }

  return (
    <Modal opened onClose={onClose} title={item ? `Edit ${item.title}` : 'Add item'} closeOnClickOutside={false}>
      <form
        onSubmit={async (event) => {
          event.preventDefault()
          await submit()
        }}
      >
        <Stack gap="md">
          {item && latest && latest.row.view.version !== item.row.view.version && (
            <Alert color="yellow" title="Somebody changed this item meanwhile">
              Only the fields that you change here are saved. The others keep what is new.
            </Alert>
          )}
          {editors !== undefined && (
            <Alert color="blue" title={`${editors} has this open too`}>
              Both of you can save: what only one of you changes is kept, and where you differ you are asked.
            </Alert>
          )}
          {item && item.inConflict.length > 0 && <InConflict item={item} wedding={wedding} />}
          <TextInput
            label="Title"
            required
            withAsterisk={false}
            maxLength={MAX_NAME_CHARS}
            data-autofocus={item ? undefined : true}
            value={form.title}
            onChange={({ currentTarget }) => set({ title: currentTarget.value })}
          />
          <SimpleGrid cols={{ base: 2, xs: 3 }}>
            <TextInput
              label="Start"
              type="time"
              value={form.start}
              error={timeError !== undefined}
              onChange={({ currentTarget }) => setStart(currentTarget.value)}
            />
            <TextInput
              label="End"
              type="time"
              value={form.end}
              error={timeError}
              description={endMoved ? 'Moves along with the start' : undefined}
              inputWrapperOrder={['label', 'input', 'description', 'error']}
              onChange={({ currentTarget }) => set({ end: currentTarget.value })}
            />
            <TextInput
              label="Date"
              type="date"
              required
              withAsterisk={false}
              value={form.date}
              description={form.date === wedding.date ? undefined : dayWords(form.date)}
              inputWrapperOrder={['label', 'input', 'description', 'error']}
              onChange={({ currentTarget }) => {
                setDateChosen(true)
                set({ date: currentTarget.value })
              }}
            />
          </SimpleGrid>
          <TextInput
            label="Place"
            maxLength={MAX_NAME_CHARS}
            value={form.location}
            onChange={({ currentTarget }) => set({ location: currentTarget.value })}
          />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput
              label="People"
              placeholder="Names, separated by commas"
              value={form.people}
              onChange={({ currentTarget }) => set({ people: currentTarget.value })}
            />
            <TextInput
              label="Section"
              maxLength={MAX_NAME_CHARS}
              value={form.section}
              onChange={({ currentTarget }) => set({ section: currentTarget.value })}
            />
          </SimpleGrid>
          <Textarea
            label="Notes"
            autosize
            minRows={3}
            maxRows={12}
            maxLength={MAX_TEXT_CHARS}
            value={form.notes}
            onChange={({ currentTarget }) => set({ notes: currentTarget.value })}
          />
          {shown.description !== '' && (
            <Textarea
              label="Description"
              autosize
              maxRows={12}
              maxLength={MAX_TEXT_CHARS}
              value={form.description}
              onChange={({ currentTarget }) => set({ description: currentTarget.value })}
            />
          )}
          {item && (
            <Checkbox
              label="Cancelled: leave it in the list, struck out"
              size="md"
              py={10}
              checked={form.cancelled}
              onChange={({ currentTarget }) => set({ cancelled: currentTarget.checked })}
            />
          )}
          {failure !== undefined && <Alert color="red">{failure}</Alert>}
          <Group justify="end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy} disabled={!changes.ok || form.title.trim() === ''}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function InConflict({ item, wedding }: { readonly item: TimelineItem; readonly wedding: Wedding }) {
  const fields = item.row.conflicts.filter(({ type }) => type === 'concurrent_edit')
  if (fields.length === 0) return null
  return (
    <Alert color="orange" title="Two people wrote different values">
      {fields.map((conflict) => (
        <div key={conflict.conflictId}>
          <strong>{conflict.fields.map(fieldWords).join(', ')}:</strong>{' '}
          {valueWords({ conflict }, wedding).join(' or ')}
        </div>
      ))}
      If you change such a field here, your value settles it.
    </Alert>
  )
}
