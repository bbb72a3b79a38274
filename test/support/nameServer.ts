/**
 * What an operating system with multicast DNS does for its browsers, on a test machine that has none: a name server on
 * loopback that asks the local network. `nameServer.ts OWN_ADDRESS`
 */
import multicastDns from 'multicast-dns'

const PATIENCE_MS = 1_000
const [, , own = ''] = process.argv
const network = multicastDns({ interface: own, bind: '0.0.0.0' })
const clients = multicastDns({ multicast: false, port: 53, bind: '127.0.0.1' })
const waiting = new Map<string, ((address?: string) => void)[]>()

network.on('response', ({ answers = [] }) => {
  for (const answer of answers) {
    if (answer.type !== 'A') continue
    for (const tell of waiting.get(answer.name) ?? []) tell(answer.data)
  }
})

function addressOf(name: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const tell = (address?: string): void => {
      waiting.delete(name)
      resolve(address)
    }
    waiting.set(name, [...(waiting.get(name) ?? []), tell])
    setTimeout(tell, PATIENCE_MS)
    network.query([{ name, type: 'A' }])
  })
}

clients.on('query', (query, asker) => {
  const { id, questions = [] } = query
  const [question] = questions
  const reply = (address?: string): void => {
    const answers =
      address === undefined || !question ? [] : [{ name: question.name, type: 'A', ttl: 1, data: address } as const]
    clients.respond({ id, questions, answers }, asker)
  }
  if (question?.type === 'A') void addressOf(question.name).then(reply)
  else reply()
})
