import type { ModelVersion } from '@evenkeel/contract'
import { lazy, Suspense } from 'react'
import { pathToCard } from '../shell/paths.ts'
import { Card, Empty, LinkButton } from '../ui/index.ts'
import css from './Overview.module.css'
import { SignatureTable } from './SignatureTable.tsx'
import { UseModel } from './UseModel.tsx'

const Markdown = lazy(async () => ({ default: (await import('../ui/Markdown.tsx')).Markdown }))

interface OverviewProps {
  /** Newest first, not empty. */
  readonly versions: readonly ModelVersion[]
  readonly champion: number | null
}

/** The card of the champion, else of the newest version, and how to use it. */
export function Overview({ versions, champion }: OverviewProps) {
  const shown = versions.find(({ version }) => version === champion) ?? versions[0]!
  return (
    <div className={css['columns']}>
      <VersionCard version={shown} />
      <div className={css['side']}>
        <UseModel version={shown} />
        {shown.signature && <SignatureTable signature={shown.signature} />}
      </div>
    </div>
  )
}

export function VersionCard({ version: { model, version, card } }: { readonly version: ModelVersion }) {
  return (
    <Card
      title="Model card"
      note={`of version ${version}`}
      actions={<LinkButton href={pathToCard(model, version)}>Edit</LinkButton>}
    >
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
