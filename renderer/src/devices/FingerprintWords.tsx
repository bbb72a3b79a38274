import { Text } from '@mantine/core'
import { fingerprintWords } from '../../../model/identity/fingerprintWords.ts'
import { fingerprintGroups } from './fingerprint.ts'

interface FingerprintWordsProps {
  readonly title: string
  readonly fingerprint: string
}

/** A fingerprint to compare: as words to read out, and on request as browsers show it. */
export function FingerprintWords({ title, fingerprint }: FingerprintWordsProps) {
  return (
    <div>
      <Text size="sm" fw={650}>
        {title}
      </Text>
      <p className="fingerprint-words" data-testid="fingerprint-words">
        {fingerprintWords(fingerprint).join(' ')}
      </p>
      <details>
        <summary>The same in numbers, as browsers show it</summary>
        <p className="fingerprint">{fingerprintGroups(fingerprint).join(' ')}</p>
      </details>
    </div>
  )
}
