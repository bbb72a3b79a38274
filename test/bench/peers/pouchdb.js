/** PouchDB on memory on both sides, the server by express-pouchdb; live replication both ways. */
const load = (name) => import(name)
const { default: PouchDB } = await load('pouchdb-core')
for (const plugin of ['pouchdb-adapter-memory', 'pouchdb-adapter-http', 'pouchdb-replication', 'pouchdb-mapreduce']) {
  PouchDB.plugin((await load(plugin)).default)
}

export const adapter = {
  async serve() {
    const { default: express } = await load('express')
    const { default: expressPouchdb } = await load('express-pouchdb')
    const Served = PouchDB.defaults({ adapter: 'memory' })
    const app = express()
    app.use('/db', expressPouchdb(Served, { mode: 'minimumForPouchDB', inMemoryConfig: true, logPath: '/dev/null' }))
    const database = new Served('records')
    const server = await new Promise((resolve) => {
      const listening = app.listen(0, '127.0.0.1', () => resolve(listening))
    })
    return {
      port: server.address().port,
      async seed(all) {
        await database.bulkDocs(all.map(({ id, ...fields }) => ({ _id: id, ...fields })))
      },
    }
  },
  async open(port, name) {
    const database = new PouchDB(name, { adapter: 'memory' })
    let replication
    const device = {
      async edit(id, changed) {
        for (;;) {
          try {
            await database.put({ ...(await database.get(id)), ...changed })
            return
          } catch (cause) {
            if (cause.status !== 409) throw cause // else somebody else's edit came in between
          }
        }
      },
      count: async () => (await database.info()).doc_count,
      async read(id) {
        try {
          return await database.get(id)
        } catch (cause) {
          if (cause.status === 404) return undefined
          throw cause
        }
      },
      onChange: (listener) => void database.changes({ since: 'now', live: true }).on('change', listener),
      async disconnect() {
        replication.cancel()
      },
      async connect() {
        replication = database.sync(`http://127.0.0.1:${port}/db/records`, { live: true, retry: true, batch_size: 500 })
        replication.on('error', () => undefined)
      },
    }
    await device.connect()
    return device
  },
}
