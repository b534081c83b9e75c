import './csp.ts'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { LiveContext, useLiveStream } from './live/useLive.ts'
import { createAppRouter } from './router.tsx'
import { Provider } from './ui/Provider.tsx'
import './styles.css'

const queryClient = new QueryClient({ defaultOptions: { queries: { staleTime: 1000, retry: 1 } } })
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
