/** Runs on another machine, and makes the requests that it is told on standard input, one JSON line each. */
import { createInterface } from 'node:readline'
import { z } from 'zod'

const order = z.object({
  n: z.number(),
  url: z.string(),
  token: z.string(),
  method: z.string(),
  body: z.unknown().optional(),
})

createInterface(process.stdin).on('line', (line) => {
  void answer(order.parse(JSON.parse(line)))
})

async function answer({ n, url, token, method, body }: z.infer<typeof order>): Promise<void> {
  const response = await fetch(url, {
    method,
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const reply: unknown = await response.json()
  process.stdout.write(`${JSON.stringify({ n, status: response.status, body: reply })}\n`)
}
