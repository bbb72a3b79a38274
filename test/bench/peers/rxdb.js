/** Stock RxDB: memory storage on both sides, its own websocket server and client, as its documentation has it. */
const load = (name) => import(name)
const { createRxDatabase } = await load('rxdb')
const { getRxStorageMemory } = await load('rxdb/plugins/storage-memory')
const { startWebsocketServer, replicateWithWebsocketServer } = await load('rxdb/plugins/replication-websocket')

const text = { type: 'string' }
const fields = [
  'title',
  'startTime',
  'endTime',
  'location',
  'status',
  'category',
  'priority',
  'section',
  'rank',
  'originalTime',
]
const SCHEMA = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: { id: { type: 'string', maxLength: 40 }, ...Object.fromEntries(fields.map((name) => [name, text])) },
  additionalProperties: true,
}
for (let n = 0; n < 100; n++) SCHEMA.properties[`f${n}`] = { type: 'number' }
SCHEMA.properties.durationMin = { type: 'number' }
SCHEMA.properties.tick = { type: 'number' }
delete SCHEMA.additionalProperties

async function openDatabase(name) {
  const database = await createRxDatabase({ name, storage: getRxStorageMemory(), multiInstance: false })
  await database.addCollections({ records: { schema: SCHEMA } })
  return database
}

export const adapter = {
  async serve() {
    const database = await openDatabase('server')
    const port = 20_000 + Math.floor(Math.random() * 20_000)
    await startWebsocketServer({ database, port, hostname: '127.0.0.1' })
    return {
      port,
      seed: async (records) => {
        await database.records.bulkInsert(records)
      },
    }
  },
  async open(port, name) {
    const database = await openDatabase(name)
    let replication
    const device = {
      async edit(id, changed) {
        const document = await database.records.findOne(id).exec()
        await document.incrementalPatch(changed)
      },
      count: () => database.records.count().exec(),
      async read(id) {
        const document = await database.records.findOne(id).exec()
        return document?.toJSON()
      },
      onChange: (listener) => void database.records.$.subscribe(listener),
      async disconnect() {
        await replication.cancel()
      },
      async connect() {
        replication = await replicateWithWebsocketServer({
          collection: database.records,
          url: `ws://127.0.0.1:${port}`,
        })
      },
    }
    await device.connect()
    return device
  },
}
