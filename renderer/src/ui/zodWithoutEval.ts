import { config } from 'zod'

// The page's content policy forbids making code from strings, which zod would otherwise try for speed.
config({ jitless: true })
