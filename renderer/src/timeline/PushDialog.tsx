import './push.css'
import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useMemo, useState } from 'react'
import { type PushError, pushFrom } from '../../../model/timeline/pushFrom.ts'
import type { Wedding } from '../weddings/wedding.ts'
import type { TimelineItem } from './item.ts'
import { PushPreview } from './PushPreview.tsx'
import { minutesTyped, pushLabel } from './pushWords.ts'
import { usePush } from './usePush.ts'

interface PushDialogProps {
  readonly wedding: Wedding
  readonly from: TimelineItem
  /** All items of the wedding as they are now: the preview follows what others do meanwhile. */
  readonly items: readonly TimelineItem[]
  readonly onClose: () => void
}

const QUICK = [5, 10, 15, 30] as const
const USUAL = 15

const ERRORS: Readonly<Record<PushError, string>> = {
  'unknown-item': 'Somebody deleted this item meanwhile.',
  'no-time': 'Somebody took the time of this item away meanwhile.',
}

/** "From here on, 15 minutes later": how much, what it does to the day, and do it. */
export function PushDialog({ wedding, from, items, onClose }: PushDialogProps) {
  const { busy, failure, push } = usePush()
  const [typed, setTyped] = useState(String(USUAL))
  const latest = items.find(({ id }) => id === from.id) ?? from
  const minutes = minutesTyped(typed)
  const plan = useMemo(
    () =>
      pushFrom(
        items.map(({ day }) => day),
        { from: from.id, minutes: minutes ?? 0, timezone: wedding.zone },
      ),
    [items, from.id, minutes, wedding.zone],
  )

  async function submit() {
    if (plan.ok && plan.value.moves.length > 0) await push(plan.value, items, onClose)
  }

  return (
    <Modal opened onClose={onClose} title="Push what follows">
      <form
        onSubmit={async (event) => {
          event.preventDefault()
          await submit()
        }}
      >
        <Stack gap="md">
          <Text>
            From <strong>{latest.title}</strong> at {latest.start}
          </Text>
          <Group gap="xs" align="end">
            {QUICK.map((quick) => (
              <Button
                key={quick}
                variant={minutes === quick ? 'filled' : 'default'}
                aria-pressed={minutes === quick}
                data-autofocus={quick === USUAL ? true : undefined}
                miw={64}
                px="sm"
                onClick={() => setTyped(String(quick))}
              >
                +{quick}
              </Button>
            ))}
            <TextInput
              label="Minutes"
              type="number"
              step={5}
              w={104}
              value={typed}
              error={minutes === undefined}
              onChange={({ currentTarget }) => setTyped(currentTarget.value)}
            />
            <Text c="dimmed" size="sm" className="push-hint">
              Below 0 is earlier
            </Text>
          </Group>
          {!plan.ok && <Alert color="yellow">{ERRORS[plan.error]}</Alert>}
          {plan.ok && minutes === undefined && <Text>Write whole minutes, such as 15 or -10.</Text>}
          {plan.ok && minutes !== undefined && <PushPreview plan={plan.value} zone={wedding.zone} />}
          {failure !== undefined && <Alert color="red">{failure}</Alert>}
          <div className="push-buttons">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy} disabled={!plan.ok || plan.value.moves.length === 0}>
              {plan.ok ? pushLabel(plan.value) : 'Push'}
            </Button>
          </div>
        </Stack>
      </form>
    </Modal>
  )
}
