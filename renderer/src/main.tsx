import './ui/zodWithoutEval.ts'
import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './ui/app.css'
import { createRoot } from 'react-dom/client'
import { App } from './App.tsx'
import { openReplica } from './replica/open.ts'

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
// Opening takes it out of the address.
const fragment = window.location.hash
createRoot(root).render(<App opening={openReplica()} fragment={fragment} />)
