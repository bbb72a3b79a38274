import { Button, Group, Textarea, TextInput } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
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

/** A third way: neither value, but another. Only for what can be typed. */
export function NewValue({ field, current, place, busy, onDecision }: NewValueProps) {
  const [text, setText] = useState<string>()
  const opener = useRef<HTMLButtonElement>(null)
  const wasOpen = useRef(false)
  useEffect(() => {
    if (text === undefined && wasOpen.current) opener.current?.focus()
    wasOpen.current = text !== undefined
  }, [text])
  const kind = kindOf(field, current)
  if (!kind) return null
  if (text === undefined) {
    return (
      // A text is put together from what is there; a time or a number is quicker typed anew.
      <Button
        ref={opener}
        variant="subtle"
        onClick={() => setText(kind === 'text' && typeof current === 'string' ? current : '')}
      >
        Neither: use another value
      </Button>
    )
  }
  const value = parse(kind, text, current, place)
  const common = { label: `Another value for ${fieldWords(field).toLowerCase()}`, value: text, autoFocus: true }
  return (
    <form
      style={{ width: '100%' }}
      onSubmit={async (event) => {
        event.preventDefault()
        if (value !== undefined && !busy) await onDecision({ strategy: 'merge_manual', mergedData: { [field]: value } })
      }}
    >
      {kind === 'text' ? (
        <Textarea
          {...common}
          autosize
          maxRows={8}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
            event.preventDefault()
            event.currentTarget.form?.requestSubmit()
          }}
          description="Enter saves it, Shift and Enter begin a new line"
        />
      ) : (
        <TextInput
          {...common}
          type={kind}
          step={kind === 'number' ? 'any' : undefined}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
        />
      )}
      <Group mt="sm">
        <Button type="submit" disabled={busy || value === undefined}>
          Use this
        </Button>
        <Button variant="default" onClick={() => setText(undefined)}>
          Not now
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
