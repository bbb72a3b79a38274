import { useState } from 'react'

interface TickProps {
  readonly label: string
  readonly checked: boolean
  readonly disabled: boolean
  readonly size?: 'usual' | 'large'
  /** Resolves when it is stored, or when it is clear that it is not. */
  readonly onTick: (checked: boolean) => Promise<void>
}

/** A checkbox that a thumb finds. It shows the tick at once, and takes it back if it could not be stored. */
export function Tick({ label, checked, disabled, size = 'usual', onTick }: TickProps) {
  const [pending, setPending] = useState<boolean>()
  return (
    <input
      type="checkbox"
      className={size === 'large' ? 'tick tick-large' : 'tick'}
      aria-label={label}
      checked={pending ?? checked}
      disabled={disabled}
      onChange={({ currentTarget }) => {
        const next = currentTarget.checked
        setPending(next)
        const settle = () => setPending(undefined)
        onTick(next).then(settle, settle)
      }}
    />
  )
}
