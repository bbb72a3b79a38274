/** Asks the local network for the address of a name, as a tablet's browser does, until somebody answers, and prints it. */
import multicastDns from 'multicast-dns'

const [, , name = '', own = ''] = process.argv
const socket = multicastDns({ interface: own, bind: '0.0.0.0' })
const ask = (): void => socket.query([{ name, type: 'A' }])
const again = setInterval(ask, 500)
socket.on('ready', ask)
socket.on('response', ({ answers = [] }) => {
  const found = answers.find((answer) => answer.type === 'A' && answer.name === name)
  if (found?.type !== 'A') return
  clearInterval(again)
  process.stdout.write(`${JSON.stringify(found.data)}\n`, () => socket.destroy())
})
