/** TinyBase: a mergeable store, its own websocket server and synchronizer. */
const load = (name) => import(name)
const { createMergeableStore } = await load('tinybase')
const { createWsServer } = await load('tinybase/synchronizers/synchronizer-ws-server')
const { createWsSynchronizer } = await load('tinybase/synchronizers/synchronizer-ws-client')
const { WebSocket, WebSocketServer } = await load('ws')

const PATH = 'wedding'

export const adapter = {
  async serve() {
    const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    await new Promise((resolve) => sockets.once('listening', resolve))
    const { port } = sockets.address()
    createWsServer(sockets)
    return {
      port,
      // Its server passes messages on and holds nothing without a persister: the store is a client in the same process.
      async seed(all) {
        const store = createMergeableStore('server')
        store.transaction(() => {
          for (const { id, ...fields } of all) store.setRow('records', id, fields)
        })
        const synchronizer = await createWsSynchronizer(store, new WebSocket(`ws://127.0.0.1:${port}/${PATH}`))
        await synchronizer.startSync()
      },
    }
  },
  async open(port, name) {
    const store = createMergeableStore(name)
    let synchronizer
    const device = {
      async edit(id, changed) {
        store.transaction(() => {
          for (const [field, value] of Object.entries(changed)) store.setCell('records', id, field, value)
        })
      },
      count: async () => store.getRowCount('records'),
      read: async (id) => (store.hasRow('records', id) ? store.getRow('records', id) : undefined),
      onChange: (listener) => void store.addDidFinishTransactionListener(listener),
      async disconnect() {
        await synchronizer.destroy()
      },
      async connect() {
        synchronizer = await createWsSynchronizer(store, new WebSocket(`ws://127.0.0.1:${port}/${PATH}`))
        await synchronizer.startSync()
      },
    }
    await device.connect()
    return device
  },
}
