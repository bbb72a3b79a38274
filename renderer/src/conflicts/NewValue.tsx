import { Button, Group, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { Decision } from '../../../model/conflicts/decide.ts'
import { clockTime, instantAt, instantMs, localDate } from '../time/local.ts'
import { dateAfterRetiming } from '../time/retime.ts'
import { fieldWords, type Place } from './words.ts'

interface NewValueProps {
  readonly field: string
  /** The visible value: what kind of value it is, and the day that a new time falls on. */
  readonly current: unknown
  readonly place: Place
  readonly busy: boolean
  readonly onDecision: (decision: Decision) => Promise<void>
}

/** A third way: neither value, but another. Only for what can be typed in one line. */
export function NewValue({ field, current, place, busy, onDecision }: NewValueProps) {
  const [text, setText] = useState<string>()
  const kind = kindOf(field, current)
  if (!kind) return null
  if (text === undefined) {
    return (
      <Button variant="subtle" style={{ alignSelf: 'start' }} onClick={() => setText('')}>
        Neither: use another value
      </Button>
    )
  }
  const value = parse(kind, text, current, place)
  return (
    <form
      onSubmit={async (event) => {
        event.preventDefault()
        if (value !== undefined) await onDecision({ strategy: 'merge_manual', mergedData: { [field]: value } })
      }}
    >
      <Group align="end">
        <TextInput
          label={`Another value for ${fieldWords(field).toLowerCase()}`}
          type={kind}
          step={kind === 'number' ? 'any' : undefined}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
          style={{ flex: 1 }}
        />
        <Button type="submit" disabled={busy || value === undefined}>
          Use this
        </Button>
      </Group>
    </form>
  )
}

type Kind = 'time' | 'date' | 'number' | 'text'

/** Words from a fixed list, yes or no, and values with parts are chosen, not typed. */
function kindOf(field: string, current: unknown): Kind | undefined {
  if (/Time$|At$/.test(field)) return 'time'
  if (/date$/i.test(field)) return 'date'
  if (typeof current === 'number') return 'number'
  const isChoice = ['plan', 'rsvpStatus', 'status', 'timezone'].includes(field)
  return typeof current === 'string' && !isChoice ? 'text' : undefined
}

function parse(kind: Kind, text: string, current: unknown, { zone, date }: Place): unknown {
  if (text.trim() === '') return undefined
  if (kind === 'number') return Number.isFinite(Number(text)) ? Number(text) : undefined
  if (kind !== 'time') return text.trim()
  const ms = instantMs(current)
  const before = ms === undefined ? { date, time: '' } : { date: localDate(ms, zone), time: clockTime(ms, zone) }
  return instantAt(dateAfterRetiming(before, text), text, zone)
}
