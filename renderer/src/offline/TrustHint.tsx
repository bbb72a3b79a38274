import { Anchor, Center } from '@mantine/core'

/** Whoever came past the browser's warning is told what it meant, and takes the invitation along to where there is none. */
export function TrustHint({ fragment }: { readonly fragment: string }) {
  return (
    <Center pos="fixed" bottom={0} left={0} right={0} p="md">
      <Anchor href={`/trust${fragment}`}>Did your browser warn you? What that means, and how to stop it</Anchor>
    </Center>
  )
}
