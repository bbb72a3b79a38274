import { Button, Group, Stack, Title } from '@mantine/core'
import { dateWords, daysUntil, daysWords } from '../time/local.ts'
import { Icon } from '../ui/icons.tsx'
import type { Wedding } from './wedding.ts'

interface WeddingListProps {
  readonly weddings: readonly Wedding[]
  readonly nowMs: number
  readonly onOpen: (wedding: Wedding) => void
  /** Absent if this device may not add weddings. */
  readonly onImport?: () => void
}

/** Each wedding with its name, date, place and the days to go. */
export function WeddingList({ weddings, nowMs, onOpen, onImport }: WeddingListProps) {
  return (
    <Stack gap="md" py="lg">
      <Group justify="space-between">
        <Title order={1} size="h2">
          Weddings
        </Title>
        {onImport && (
          <Button variant="subtle" onClick={onImport} aria-haspopup="dialog">
            Import a file
          </Button>
        )}
      </Group>
      <ul className="weddings">
        {weddings.map((wedding) => {
          const days = daysUntil(wedding.date, nowMs, wedding.zone)
          return (
            <li key={wedding.id}>
              <button type="button" className="wedding" onClick={() => onOpen(wedding)}>
                <span className="wedding-name">{wedding.name}</span>
                <span className="wedding-facts">
                  {wedding.date !== '' && <span>{dateWords(wedding.date)}</span>}
                  {wedding.place !== '' && (
                    <span className="fact">
                      <Icon name="pin" size={16} /> {wedding.place}
                    </span>
                  )}
                </span>
                {days !== undefined && (
                  <span className={days === 0 ? 'wedding-days wedding-today' : 'wedding-days'}>{daysWords(days)}</span>
                )}
              </button>
            </li>
          )
        })}
      </ul>
    </Stack>
  )
}
