import { Center, Loader, Stack, Text } from '@mantine/core'

/** While the replica is opened, and while a screen has read nothing yet. */
export function Opening({ what = 'Opening your weddings…' }: { readonly what?: string }) {
  return (
    <Center mih="40vh">
      <Stack align="center" gap="md">
        <Loader type="dots" aria-hidden="true" />
        <Text c="dimmed">{what}</Text>
      </Stack>
    </Center>
  )
}
