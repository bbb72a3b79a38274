/** What the page may ask of the app around it. Named verbs only, never `ipcRenderer`. */
import { contextBridge, ipcRenderer } from 'electron'

export interface WedsyncVerbs {
  /**
   * Starts the local server afresh. The window is then loaded anew, so a page that calls this rarely sees the answer.
   * @returns `ok: false` if the app does not take the request from this page
   */
  restart(): Promise<unknown>
}

contextBridge.exposeInMainWorld('wedsync', {
  restart: () => ipcRenderer.invoke('server:restart'),
} satisfies WedsyncVerbs)
