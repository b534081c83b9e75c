import { Skeleton } from '@mantine/core'
import type { ReactNode } from 'react'
import { ErrorPanel } from './ErrorPanel.tsx'

interface LoadedProps<T> {
  readonly query: { readonly data: T | undefined; readonly error: Error | null; refetch(): Promise<unknown> }
  /** Height of what will be here, in pixels, so that nothing jumps. */
  readonly height: number
  readonly children: (data: T) => ReactNode
}

/** Shows what a query answers; until then its shape, and an error where it failed. Old data stays while new is asked for. */
export function Loaded<T>({ query, height, children }: LoadedProps<T>) {
  const { data, error, refetch } = query
  if (data !== undefined) return children(data)
  if (error) return <ErrorPanel error={error} retry={() => void refetch()} />
  return <Skeleton height={height} className="ek-late" aria-label="Loading" role="status" />
}
