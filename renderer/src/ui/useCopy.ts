import { useState } from 'react'

export interface Copying {
  /** What came of the last attempt; empty before the first. */
  readonly hint: string
  readonly copy: (text: string) => Promise<void>
}

/** Puts a text on the clipboard, and says whether it is there: some browsers do not allow it, or have none. */
export function useCopy(words: { readonly copied: string; readonly refused: string }): Copying {
  const [hint, setHint] = useState('')
  return {
    hint,
    async copy(text) {
      try {
        await navigator.clipboard.writeText(text)
        setHint(words.copied)
      } catch {
        setHint(words.refused)
      }
    },
  }
}
