/** Automerge-repo: one document with an object of records, over its websocket adapters. */
const load = (name) => import(name)
const { Repo } = await load('@automerge/automerge-repo')
const { ImmutableString } = await load('@automerge/automerge')
const { WebSocketClientAdapter, WebSocketServerAdapter } = await load('@automerge/automerge-repo-network-websocket')
const { WebSocketServer } = await load('ws')

const plain = (fields) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof ImmutableString ? String(value) : value]),
  )
const registers = (fields) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? new ImmutableString(value) : value,
    ]),
  )

export const adapter = {
  async serve() {
    const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    await new Promise((resolve) => sockets.once('listening', resolve))
    const repo = new Repo({ network: [new WebSocketServerAdapter(sockets)], sharePolicy: async () => true })
    let handle
    // Devices must know the document's address: it is told to whoever asks over HTTP beside the socket.
    return {
      port: sockets.address().port,
      async seed(all) {
        handle = repo.create({ records: Object.fromEntries(all.map(({ id, ...fields }) => [id, registers(fields)])) })
        await handle.whenReady()
        return handle.url
      },
    }
  },
  async open(port, name, url) {
    const repo = new Repo({ network: [] })
    let network
    let handle
    const device = {
      async edit(id, changed) {
        handle.change((doc) => {
          Object.assign(doc.records[id], registers(changed))
        })
      },
      count: async () => Object.keys(handle?.doc()?.records ?? {}).length,
      read: async (id) => {
        const record = handle?.doc()?.records[id]
        return record && plain(record)
      },
      onChange: (listener) => void handle.on('change', listener),
      async disconnect() {
        network.disconnect()
      },
      async connect() {
        if (network) {
          network.connect(repo.networkSubsystem.peerId, {})
          return
        }
        network = new WebSocketClientAdapter(`ws://127.0.0.1:${port}`)
        repo.networkSubsystem.addNetworkAdapter(network)
        await repo.networkSubsystem.whenReady()
        handle = await repo.find(url)
      },
    }
    void name
    await device.connect()
    return device
  },
}
