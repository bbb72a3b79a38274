import { useEffect, useState } from 'react'
import { useReplica } from '../data/ReplicaContext.tsx'

/** How often a picture that has not arrived yet is asked for again. */
const ASK_AGAIN_MS = 5_000

/**
 * An address that shows the blob, for as long as the component is there; `undefined` until the bytes are.
 * @param name `undefined` asks for nothing
 */
export function usePicture(name: string | undefined): string | undefined {
  const { files } = useReplica().replica
  const [picture, setPicture] = useState<{ readonly name: string; readonly url: string }>()
  useEffect(() => {
    if (name === undefined) return undefined
    let url: string | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    let isGone = false
    const askLater = (): void => {
      if (!isGone) timer = setTimeout(ask, ASK_AGAIN_MS)
    }
    const ask = (): void => {
      files.load(name).then((bytes) => {
        if (isGone) return
        if (!bytes) return askLater()
        url = URL.createObjectURL(bytes)
        setPicture({ name, url })
      }, askLater) // the server is away: its status says so on the badge
    }
    ask()
    return () => {
      isGone = true
      clearTimeout(timer)
      if (url !== undefined) URL.revokeObjectURL(url)
    }
  }, [files, name])
  return picture?.name === name ? picture?.url : undefined
}
