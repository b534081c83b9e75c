import type { ModelVersion } from '@evenkeel/contract'
import { lazy, Suspense } from 'react'
import { Card, Empty } from '../ui/index.ts'
import { Call } from './Call.tsx'
import css from './Overview.module.css'
import { SignatureTable } from './SignatureTable.tsx'

const Markdown = lazy(async () => ({ default: (await import('../ui/Markdown.tsx')).Markdown }))

interface OverviewProps {
  /** Newest first, not empty. */
  readonly versions: readonly ModelVersion[]
  readonly champion: number | null
}

/** The card of the champion, else of the newest version, and how to call it. */
export function Overview({ versions, champion }: OverviewProps) {
  const shown = versions.find(({ version }) => version === champion) ?? versions[0]!
  return (
    <div className={css['columns']}>
      <VersionCard version={shown} />
      <div className={css['side']}>
        <Call version={shown} />
        {shown.signature && <SignatureTable signature={shown.signature} />}
      </div>
    </div>
  )
}

export function VersionCard({ version: { version, card } }: { readonly version: ModelVersion }) {
  return (
    <Card title="Model card" note={`as written for version ${version}`}>
      {card === '' ? (
        <Empty title="This version came without a card." />
      ) : (
        <Suspense>
          <Markdown text={card} />
        </Suspense>
      )}
    </Card>
  )
}
