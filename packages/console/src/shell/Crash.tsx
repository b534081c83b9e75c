import type { ErrorComponentProps } from '@tanstack/react-router'
import { ErrorPanel, PageHead } from '../ui/index.ts'

/** Shown instead of a page that broke. */
export function Crash({ error, reset }: ErrorComponentProps) {
  return (
    <div className="ek-page">
      <PageHead title="This page broke" />
      <ErrorPanel error={error instanceof Error ? error : new Error(String(error))} retry={reset} />
    </div>
  )
}
