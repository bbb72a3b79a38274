import { Button, Group, Input, NativeSelect, Select, SimpleGrid, Stack, TextInput } from '@mantine/core'
import { useId, useState } from 'react'
import { deviceZone, localDate } from '../time/local.ts'
import type { Wedding } from '../weddings/wedding.ts'
import type { ImportForm } from './plan.ts'

interface ImportFieldsProps {
  readonly weddings: readonly Wedding[]
  readonly onRead: (file: File, form: ImportForm) => Promise<void>
  readonly onClose: () => void
}

const MAX_NAME_CHARS = 200
/** More names than fit on a screen would not help anybody to find theirs. */
const ZONES_SHOWN = 50

/** The file, and what it cannot say itself. */
export function ImportFields({ weddings, onRead, onClose }: ImportFieldsProps) {
  const fileId = useId()
  const [file, setFile] = useState<File>()
  const [form, setForm] = useState<ImportForm>(() => ({
    weddingId: '',
    weddingName: '',
    date: localDate(Date.now(), deviceZone()),
    zone: deviceZone(),
    anchor: '',
  }))
  const set = (change: Partial<ImportForm>) => setForm({ ...form, ...change })
  const isNew = form.weddingId === ''
  const isComplete = file !== undefined && form.date !== '' && (!isNew || form.weddingName.trim() !== '')

  function chooseWedding(weddingId: string) {
    const wedding = weddings.find(({ id }) => id === weddingId)
    set(wedding ? { weddingId, date: wedding.date, zone: wedding.zone } : { weddingId: '' })
  }

  return (
    <form
      onSubmit={async (event) => {
        event.preventDefault()
        if (file && isComplete) await onRead(file, form)
      }}
    >
      <Stack gap="md">
        <Input.Wrapper id={fileId} label="File" description="A timeline or guest list (.csv), or a calendar (.ics)">
          <input
            id={fileId}
            type="file"
            accept=".csv,.ics,.tsv,.txt,text/csv,text/calendar"
            className="file"
            onChange={({ currentTarget }) => setFile(currentTarget.files?.[0])}
          />
        </Input.Wrapper>
        {weddings.length > 0 && (
          <NativeSelect
            label="Into"
            value={form.weddingId}
            data={[
              { value: '', label: 'A new wedding' },
              ...weddings.map(({ id, name, date }) => ({ value: id, label: `${name}, ${date}` })),
            ]}
            onChange={({ currentTarget }) => chooseWedding(currentTarget.value)}
          />
        )}
        {isNew && (
          <>
            <TextInput
              label="Wedding name"
              required
              withAsterisk={false}
              maxLength={MAX_NAME_CHARS}
              value={form.weddingName}
              onChange={({ currentTarget }) => set({ weddingName: currentTarget.value })}
            />
            <SimpleGrid cols={{ base: 1, xs: 2 }}>
              <TextInput
                label="Date"
                type="date"
                required
                withAsterisk={false}
                value={form.date}
                onChange={({ currentTarget }) => set({ date: currentTarget.value })}
              />
              <Select
                label="Time zone of the venue"
                searchable
                limit={ZONES_SHOWN}
                allowDeselect={false}
                data={[...new Set([deviceZone(), ...Intl.supportedValuesOf('timeZone')])]}
                value={form.zone}
                onChange={(zone) => zone !== null && set({ zone })}
              />
            </SimpleGrid>
          </>
        )}
        <TextInput
          label="First item at"
          description="Only if the file has lengths but no times"
          type="time"
          value={form.anchor}
          onChange={({ currentTarget }) => set({ anchor: currentTarget.value })}
        />
        <Group justify="end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={!isComplete}>
            Read the file
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
