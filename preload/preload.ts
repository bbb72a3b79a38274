/** What the page may ask of the app around it. Named verbs only, never `ipcRenderer`. */
import { contextBridge, ipcRenderer } from 'electron'
import { DATABASE_PORT } from '../model/windowProtocol.ts'

export interface WedsyncVerbs {
  /**
   * Starts the local server afresh. The window is then loaded anew, so a page that calls this rarely sees the answer.
   * @returns `ok: false` if the app does not take the request from this page
   */
  restart(): Promise<unknown>
  /**
   * Asks for a line to the database. It comes as a message `DATABASE_PORT` of the page's own window, with the port: the
   * bridge between the two worlds of the page cannot carry ports.
   * @returns `ok: false` if the app has none for this page
   */
  connectDatabase(): Promise<unknown>
}

contextBridge.exposeInMainWorld('wedsync', {
  restart: () => ipcRenderer.invoke('server:restart'),
  connectDatabase: () => ipcRenderer.invoke('database:connect'),
} satisfies WedsyncVerbs)

ipcRenderer.on('database:port', ({ ports }) => {
  window.postMessage(DATABASE_PORT, window.location.origin, [...ports])
})
