import './csp.ts'
import { ApiError } from '@evenkeel/client'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { LiveContext, useLiveStream } from './live/useLive.ts'
import { createAppRouter } from './router.tsx'
import { pathOfHash } from './shell/paths.ts'
import { Provider } from './ui/Provider.tsx'
import './styles.css'

/** What the server refused, it refuses again; only a fault that may pass is worth a second try. */
const mayPass = (error: Error) => !(error instanceof ApiError) || error.status >= 500
const retry = (failureCount: number, error: Error) => failureCount < 1 && mayPass(error)

const queryClient = new QueryClient({ defaultOptions: { queries: { staleTime: 1000, retry } } })
const meant = pathOfHash(window.location.hash)
if (meant !== undefined) window.history.replaceState(null, '', meant)

const router = createAppRouter(queryClient)

function App() {
  const live = useLiveStream()
  return (
    <LiveContext value={live}>
      <RouterProvider router={router} />
    </LiveContext>
  )
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Provider>
      <QueryClientProvider client={queryClient}>
        <App />
      </QueryClientProvider>
    </Provider>
  </StrictMode>,
)
