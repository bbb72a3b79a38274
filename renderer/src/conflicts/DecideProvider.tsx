import { createContext, type ReactNode, useCallback, useContext, useState } from 'react'
import type { Wedding } from '../weddings/wedding.ts'
import { ConflictDialog } from './ConflictDialog.tsx'

/** Opens the conflict dialog, with one record's conflicts on top if it is named. */
export type Decide = (recordId?: string) => void

const DecideContext = createContext<Decide>(() => undefined)

interface DecideProviderProps {
  readonly weddings: readonly Wedding[]
  readonly children: ReactNode
}

/** Lets any screen below open the one conflict dialog. */
export function DecideProvider({ weddings, children }: DecideProviderProps) {
  const [open, setOpen] = useState<{ readonly first: string | undefined }>()
  const decide = useCallback<Decide>((recordId) => setOpen({ first: recordId }), [])
  return (
    <DecideContext value={decide}>
      {children}
      {open && <ConflictDialog weddings={weddings} first={open.first} onClose={() => setOpen(undefined)} />}
    </DecideContext>
  )
}

export function useDecide(): Decide {
  return useContext(DecideContext)
}
