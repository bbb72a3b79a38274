import { useEffect, useState } from 'react'

/** For a dialog that is there only while it is open: when it goes, the focus is again where it was before. */
export function useReturnFocus(): void {
  const [before] = useState(() => document.activeElement)
  useEffect(
    () => () => {
      if (before instanceof HTMLElement) before.focus()
    },
    [before],
  )
}
