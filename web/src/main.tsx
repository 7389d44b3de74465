import '@fontsource-variable/archivo/wdth.css'
import './tokens.css'
import './kit.css'
import './app.css'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { isPassing, waitSeconds } from './api.ts'
import { router } from './routes.tsx'
import { startWords } from './words.ts'

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (times, failure) => times < 3 && isPassing(failure),
      retryDelay: (times, failure) => 1000 * (isPassing(failure) ? waitSeconds(failure, times + 1) : 1),
    },
  },
})

const place = document.getElementById('app')
if (!place) throw new Error('index.html has no #app')

await startWords()
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)
