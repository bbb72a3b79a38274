import { Alert, Button, Checkbox, Group, Modal, Stack, Text, Title } from '@mantine/core'
import { useCallback, useState } from 'react'
import { createPortal } from 'react-dom'
import { useReplica } from '../data/ReplicaContext.tsx'
import { useAction } from '../ui/useAction.ts'
import { usePolled } from '../ui/usePolled.ts'

const EVERY_MS = 10_000

/** The recovery kit, for an owner: a reminder until there is one, and making it. */
export function RecoveryCard({ hasCloud }: { readonly hasCloud: boolean }) {
  const { api } = useReplica().replica
  const ask = useCallback(() => api.recoveryKit(), [api])
  const { value, again } = usePolled(ask, EVERY_MS)
  const { busy, failure, run } = useAction()
  const [words, setWords] = useState<readonly string[]>()
  if (!value) return null
  return (
    <section className="panel" aria-label="Recovery kit">
      <Title order={2} size="h4">
        Recovery kit
      </Title>
      {value.state === 'made' ? (
        <Text>
          The team has a recovery kit: 24 words on paper. Keep the paper where no fire and no thief gets it with all
          devices.
        </Text>
      ) : (
        <Stack gap="sm" align="start">
          <Text>
            {value.state === 'none'
              ? 'If every device is lost or stolen, nobody can open your weddings again, not even the cloud: it cannot read them. A recovery kit, 24 words on paper, can.'
              : 'A recovery kit was made here, and nobody has said yet that its words are written down.'}
            {hasCloud ? '' : ' The words open what the cloud has, and this team has no cloud yet: connect one as well.'}
          </Text>
          {failure !== undefined && (
            <Alert color="red" title="No kit could be made">
              {failure}
            </Alert>
          )}
          <Button
            loading={busy}
            aria-haspopup="dialog"
            onClick={() =>
              run(
                () => api.makeRecoveryKit(),
                (made) => setWords(made.words),
              )
            }
          >
            {value.state === 'none' ? 'Make a recovery kit' : 'Show the words'}
          </Button>
        </Stack>
      )}
      {words && (
        <WordsDialog
          words={words}
          onClose={() => {
            setWords(undefined)
            again()
          }}
        />
      )}
    </section>
  )
}

function WordsDialog({ words, onClose }: { readonly words: readonly string[]; readonly onClose: () => void }) {
  const { api } = useReplica().replica
  const { busy, failure, run } = useAction()
  const [isKept, setKept] = useState(false)
  return (
    <Modal opened onClose={onClose} title="Your recovery kit" size="lg" closeOnClickOutside={false}>
      <Stack gap="md">
        <Text>
          Write these words on paper in this order, or print them. Whoever has them can read every wedding of the team.
          They are sent nowhere, and once you press “Done” this laptop forgets them. Should a laptop be stolen, they
          give the team another key.
        </Text>
        <Words words={words} />
        {createPortal(<Paper words={words} />, document.body)}
        <Checkbox
          size="md"
          label="I have all 24 words on paper, in this order"
          checked={isKept}
          onChange={({ currentTarget }) => setKept(currentTarget.checked)}
        />
        {failure !== undefined && <Text c="red">{failure}</Text>}
        <Group justify="end">
          <Button variant="default" onClick={() => window.print()}>
            Print
          </Button>
          <Button
            disabled={!isKept}
            loading={busy}
            onClick={() => run(() => api.confirmRecoveryKit({ body: { kept: true } }), onClose)}
          >
            Done
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

function Words({ words }: { readonly words: readonly string[] }) {
  return (
    <ol className="kit" aria-label="Words of the recovery kit">
      {words.map((word, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a word may come twice, and its place never changes
        <li key={index}>
          <span>{index + 1}</span> {word}
        </li>
      ))}
    </ol>
  )
}

/** What goes on paper, and is not on the screen. */
function Paper({ words }: { readonly words: readonly string[] }) {
  return (
    <div className="kit-paper" aria-hidden="true">
      <p>Recovery kit of a WedSync team. Keep it where no fire and no thief gets it with all devices.</p>
      <Words words={words} />
      <p>When every device is lost: wedsync device --data DIR --cloud URL --recover "the words"</p>
    </div>
  )
}
