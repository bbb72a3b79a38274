import { Alert, Button, Group, Stack, Text, Title } from '@mantine/core'
import type { ImportReading } from '../../../model/import/index.ts'
import { importedRows } from './plan.ts'

interface ImportReportProps {
  readonly reading: ImportReading
  readonly busy: boolean
  readonly failure: string | undefined
  readonly onSave: () => Promise<void>
  readonly onBack: () => void
}

/** What was understood of a file, before anything is saved. */
export function ImportReport({ reading, busy, failure, onSave, onBack }: ImportReportProps) {
  const { warned, refused, rows } = reading
  const imported = importedRows(reading)
  return (
    <Stack gap="md">
      <Text size="lg">
        <strong>{imported}</strong> of {rowsWords(rows)} will be imported
        {warned.length > 0 && `, with ${warned.length === 1 ? '1 remark' : `${warned.length} remarks`}`}
        {refused.length > 0 && `; ${refused.length} cannot be`}.
      </Text>
      {refused.length > 0 && (
        <section aria-label="Refused rows">
          <Title order={3} size="h5">
            Refused
          </Title>
          <ul className="report">
            {refused.map(({ line, reason, text }) => (
              <li key={`${line} ${reason}`}>
                <strong>Line {line}:</strong> {reason}
                <code>{text}</code>
              </li>
            ))}
          </ul>
        </section>
      )}
      {warned.length > 0 && (
        <section aria-label="Imported with a remark">
          <Title order={3} size="h5">
            Imported with a remark
          </Title>
          <ul className="report">
            {warned.map(({ line, reason }) => (
              <li key={`${line} ${reason}`}>
                <strong>Line {line}:</strong> {reason}
              </li>
            ))}
          </ul>
        </section>
      )}
      {failure !== undefined && <Alert color="red">{failure}</Alert>}
      <Group justify="end">
        <Button variant="default" onClick={onBack} disabled={busy}>
          Choose another file
        </Button>
        <Button onClick={onSave} loading={busy} disabled={imported === 0}>
          Save
        </Button>
      </Group>
    </Stack>
  )
}

function rowsWords(rows: number): string {
  return rows === 1 ? '1 row' : `${rows} rows`
}
