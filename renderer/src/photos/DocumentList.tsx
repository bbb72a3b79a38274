import { Text } from '@mantine/core'
import { useRights } from '../data/ReplicaContext.tsx'
import { FileActions } from './FileActions.tsx'
import { type FileRow, sizeWords } from './photo.ts'

/** Documents by name, to be saved; none of them is opened in place. */
export function DocumentList({ documents }: { readonly documents: readonly FileRow[] }) {
  const { mayWrite } = useRights()
  return (
    <ul className="document-list" aria-label="Documents">
      {documents.map((document) => (
        <li key={document.id} className="document">
          <div>
            <span className="document-name">{document.name}</span>
            {document.isShared && <span className="tag">Shared</span>}
            {document.isWaiting && <span className="tag">Not sent yet</span>}
            <Text c="dimmed" size="sm">
              {document.sizeBytes === undefined ? '' : sizeWords(document.sizeBytes)}
            </Text>
          </div>
          <FileActions file={document} mayDelete={mayWrite(document.row.record, [])} />
        </li>
      ))}
    </ul>
  )
}
