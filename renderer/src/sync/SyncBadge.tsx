import { Popover, UnstyledButton } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { type BadgeState, badgeWords } from './badge.ts'

interface SyncBadgeProps {
  readonly badge: BadgeState
  /** What a click opens. */
  readonly children: (close: () => void) => ReactNode
}

/** How this device stands with the others, in one line that screen readers hear whenever it changes. */
export function SyncBadge({ badge, children }: SyncBadgeProps) {
  const [open, setOpen] = useState(false)
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" width={360} shadow="md" trapFocus withinPortal>
      <Popover.Target>
        <div role="status" data-state={badge.kind} className="badge">
          <UnstyledButton className="badge-button" aria-expanded={open} onClick={() => setOpen(!open)}>
            <span className="badge-dot" aria-hidden="true" />
            <span>{badgeWords(badge)}</span>
          </UnstyledButton>
        </div>
      </Popover.Target>
      <Popover.Dropdown aria-label="How this device is synced">{children(() => setOpen(false))}</Popover.Dropdown>
    </Popover>
  )
}
