import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'

interface UndoOffer {
  readonly title: string
  readonly detail?: string
  /** Tells by itself if it fails. */
  readonly undo: () => Promise<void>
  /** How long the offer stands; by default as long as it takes to notice a slip. */
  readonly forMs?: number
}

const SLIP_MS = 10_000

/** Says what was done, and offers to take it back. */
export function offerUndo({ title, detail, undo, forMs = SLIP_MS }: UndoOffer): void {
  const id = crypto.randomUUID()
  notifications.show({
    id,
    title,
    autoClose: forMs,
    message: (
      <>
        {detail !== undefined && <div>{detail}</div>}
        <Button
          mt="xs"
          variant="light"
          onClick={async () => {
            notifications.hide(id)
            await undo()
          }}
        >
          Undo
        </Button>
      </>
    ),
  })
}
