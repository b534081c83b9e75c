import { ApiError } from '@evenkeel/client'
import { IconAlertTriangleFilled } from '@tabler/icons-react'
import { Button } from './Button.tsx'
import css from './ErrorPanel.module.css'

interface ErrorPanelProps {
  readonly error: Error
  readonly retry?: () => void
}

/** What went wrong, why, what to do next, and a way to try again. */
export function ErrorPanel({ error, retry }: ErrorPanelProps) {
  const known = error instanceof ApiError ? error : undefined
  return (
    <div role="alert" className={css['panel']}>
      <IconAlertTriangleFilled size={18} aria-hidden="true" className={css['icon']} />
      <div className={css['words']}>
        <p className={css['what']}>{error.message}</p>
        {known && known.why !== known.message && <p>{known.why}</p>}
        <p>{known?.fix ?? 'If it lasts, look at the server: evenkeel doctor'}</p>
        {known?.requestId && (
          <p className={css['trace']}>
            {known.code} · request <code>{known.requestId}</code>
          </p>
        )}
        {retry && <Button onClick={retry}>Try again</Button>}
      </div>
    </div>
  )
}
