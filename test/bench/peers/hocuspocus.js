/** Yjs with Hocuspocus: one document with a map of records, each a map of fields. */
const load = (name) => import(name)
const Y = await load('yjs')
const { Server } = await load('@hocuspocus/server')
const { HocuspocusProvider } = await load('@hocuspocus/provider')
const { WebSocket } = await load('ws')
globalThis.WebSocket = WebSocket

const DOCUMENT = 'wedding'

function put(records, { id, ...fields }) {
  const record = new Y.Map()
  for (const [name, value] of Object.entries(fields)) record.set(name, value)
  records.set(id, record)
}

export const adapter = {
  async serve() {
    const server = new Server({ port: 0, address: '127.0.0.1', quiet: true, stopOnSignals: false })
    await server.listen()
    const connection = await server.hocuspocus.openDirectConnection(DOCUMENT)
    return {
      port: server.address.port,
      seed: (all) =>
        connection.transact((doc) => {
          for (const record of all) put(doc.getMap('records'), record)
        }),
    }
  },
  async open(port) {
    const document = new Y.Doc()
    const records = document.getMap('records')
    let provider
    const device = {
      async edit(id, changed) {
        document.transact(() => {
          for (const [name, value] of Object.entries(changed)) records.get(id).set(name, value)
        })
      },
      count: async () => records.size,
      read: async (id) => records.get(id)?.toJSON(),
      onChange: (listener) => document.on('update', listener),
      async disconnect() {
        provider.destroy()
      },
      async connect() {
        provider = new HocuspocusProvider({ url: `ws://127.0.0.1:${port}`, name: DOCUMENT, document })
      },
    }
    await device.connect()
    return device
  },
}
