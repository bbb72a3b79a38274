import { Text } from '@mantine/core'
import { useCallback, useMemo } from 'react'
import { useDecide } from '../conflicts/DecideProvider.tsx'
import { useRights, useTable } from '../data/ReplicaContext.tsx'
import { number } from '../data/read.ts'
import { Opening } from '../start/Opening.tsx'
import type { Wedding } from '../weddings/wedding.ts'
import { GuestList } from './GuestList.tsx'
import { countedWords, type Guest, type GuestCounts, guestCounts, guestOf, guestTables } from './guest.ts'

/** How many come to one wedding, and what they eat at which table, live. For whoever reads diets. */
export function GuestsScreen({ wedding }: { readonly wedding: Wedding }) {
  const rows = useTable(wedding.id, 'guests')
  const vendors = useTable(wedding.id, 'vendors')
  const { mayWrite } = useRights()
  const decide = useDecide()
  const guests = useMemo(() => rows?.map(guestOf), [rows])
  const tables = useMemo(() => guestTables(guests ?? []), [guests])
  const counts = useMemo(() => guestCounts(guests ?? []), [guests])
  const decideGuest = useCallback((guest: Guest) => decide(guest.id), [decide])

  if (!guests) return <Opening what="Reading the guests…" />
  const crew = vendors?.reduce((sum, { view: { data } }) => sum + (number(data.mealCount) ?? 0), 0) ?? 0
  return (
    <>
      <Text size="lg" fw={600} role="status">
        {countWords(counts, guests.length)}
      </Text>
      {counts.meals.length > 0 && <Text>Meals: {countedWords(counts.meals)}</Text>}
      {crew > 0 && <Text>Meals for vendors: {crew}</Text>}
      {counts.allergies.length > 0 && <Text fw={600}>Allergies: {countedWords(counts.allergies)}</Text>}
      {counts.declined.length > 0 && (
        <Text c="dimmed">Not coming: {counts.declined.map(({ name }) => name).join(', ')}</Text>
      )}
      <GuestList
        tables={tables}
        mayDecide={({ row, inConflict }) => mayWrite(row.record, inConflict)}
        onDecide={decideGuest}
      />
    </>
  )
}

function countWords({ coming, open, declined }: GuestCounts, all: number): string {
  if (all === 0) return 'No guests yet.'
  const others = [
    ...(open > 0 ? [`${open} without a clear answer`] : []),
    ...(declined.length > 0 ? [`${declined.length} declined`] : []),
  ]
  return [`${coming} coming`, ...others].join(' · ')
}
