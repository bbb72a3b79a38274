import { Alert, Modal } from '@mantine/core'
import { useState } from 'react'
import { useReplica } from '../data/ReplicaContext.tsx'
import { go } from '../route.ts'
import { useSave } from '../ui/useSave.tsx'
import type { Wedding } from '../weddings/wedding.ts'
import { ImportFields } from './ImportFields.tsx'
import { ImportReport } from './ImportReport.tsx'
import { type ImportForm, type ImportPlan, planImport } from './plan.ts'

interface ImportDialogProps {
  readonly weddings: readonly Wedding[]
  readonly onClose: () => void
}

/** First the file and what it cannot say itself, then what was understood, and only then it is saved. */
export function ImportDialog({ weddings, onClose }: ImportDialogProps) {
  const { edits } = useReplica()
  const { busy, failure, save } = useSave()
  const [plan, setPlan] = useState<ImportPlan>()
  const [refusal, setRefusal] = useState<string>()

  async function read(file: File, form: ImportForm) {
    setRefusal(undefined)
    try {
      const bytes = new Uint8Array(await file.arrayBuffer())
      const planned = planImport({ name: file.name, bytes }, form, () => crypto.randomUUID())
      if (planned.ok) setPlan(planned.value)
      else setRefusal(planned.error.reason)
    } catch (cause) {
      setRefusal(`The file could not be read. Close it in other programs and choose it again. (${reasonOf(cause)})`)
    }
  }

  async function store({ weddingId, records }: ImportPlan) {
    await save(
      'the imported file',
      () => edits.create(records),
      () => {
        onClose()
        go({ screen: 'wedding', weddingId, tab: 'timeline' })
      },
    )
  }

  return (
    <Modal opened onClose={onClose} title="Import a file" size="lg" closeOnClickOutside={false}>
      {plan ? (
        <ImportReport
          reading={plan.reading}
          busy={busy}
          failure={failure}
          onSave={() => store(plan)}
          onBack={() => setPlan(undefined)}
        />
      ) : (
        <>
          {refusal !== undefined && (
            <Alert color="red" title="This file cannot be imported" mb="md">
              {refusal}
            </Alert>
          )}
          <ImportFields weddings={weddings} onRead={read} onClose={onClose} />
        </>
      )}
    </Modal>
  )
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
