import {
  IconActivityHeartbeat,
  IconBolt,
  IconClipboardCheck,
  IconCube,
  IconFlask,
  IconHistory,
  IconRefresh,
  IconRocket,
  IconRoute,
  IconSitemap,
  IconUpload,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useParams, useRouterState } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { PageLink } from '../ui/index.ts'
import css from './Navigation.module.css'
import { pathTo } from './paths.ts'
import { type Names, placesQuery } from './places.ts'

/** The screens that exist, in the order of the loop. */
export function Navigation() {
  const { data } = useQuery(placesQuery)
  const { model, endpoint, monitor } = useParams({ strict: false })
  return (
    <div className={css['navigation']}>
      <Place href="/" icon={<IconRefresh size={16} aria-hidden="true" />}>
        Loop
      </Place>
      <Place href="/experiments" also="/compare" icon={<IconFlask size={16} aria-hidden="true" />}>
        Experiments
      </Place>
      <Place href="/pipelines" also="/runs/" icon={<IconRoute size={16} aria-hidden="true" />}>
        Pipelines
      </Place>
      <Place href="/backfills" icon={<IconHistory size={16} aria-hidden="true" />}>
        Backfills
      </Place>
      <Section title="Models" kind="models" first={data?.models} current={model}>
        <IconCube size={16} aria-hidden="true" />
      </Section>
      <Place href="/new/import" icon={<IconUpload size={16} aria-hidden="true" />}>
        Import a model
      </Place>
      <Section title="Deployments" kind="deployments" first={data?.endpoints} current={endpoint}>
        <IconRocket size={16} aria-hidden="true" />
      </Section>
      <Section title="Monitors" kind="monitors" first={data?.monitors} current={monitor}>
        <IconActivityHeartbeat size={16} aria-hidden="true" />
      </Section>
      <Place href="/approvals" icon={<IconClipboardCheck size={16} aria-hidden="true" />}>
        Approvals
      </Place>
      <Place href="/automations" icon={<IconBolt size={16} aria-hidden="true" />}>
        Automations
      </Place>
      <Place href="/lineage" icon={<IconSitemap size={16} aria-hidden="true" />}>
        Lineage
      </Place>
    </div>
  )
}

interface SectionProps {
  readonly title: 'Models' | 'Deployments' | 'Monitors'
  readonly kind: 'models' | 'deployments' | 'monitors'
  /** Undefined until it is known. */
  readonly first: Names | undefined
  /** The one whose page is open. */
  readonly current: string | undefined
  /** Its icon. */
  readonly children: ReactNode
}

/** A list of things; while they are few, each of them is here, and the one that is open always is. */
function Section({ title, kind, first, current, children }: SectionProps) {
  const names = first?.more ? [current ?? []].flat() : (first?.names ?? [])
  return (
    <section aria-label={title}>
      <Place href={`/${kind}`} icon={children} exact>
        {title}
      </Place>
      <ul className={css['list']}>
        {names.map((name) => (
          <li key={name}>
            <Place href={pathTo(kind, name)}>{name}</Place>
          </li>
        ))}
        {first?.names.length === 0 && <li className={css['none']}>none yet</li>}
      </ul>
    </section>
  )
}

interface PlaceProps {
  readonly href: string
  /** Pages below this path belong to the place too. */
  readonly also?: string
  /** Pages below it have places of their own. */
  readonly exact?: boolean
  readonly icon?: ReactNode
  readonly children: ReactNode
}

function Place({ href, also, exact = false, icon, children }: PlaceProps) {
  const pathname = useRouterState({ select: ({ location }) => location.pathname })
  const here = pathname === href
  const within = [exact || href === '/' ? undefined : `${href}/`, also].some(
    (path) => path && pathname.startsWith(path),
  )
  return (
    <PageLink
      href={href}
      underline={false}
      className={css['place']}
      data-here={here || within || undefined}
      aria-current={here ? 'page' : undefined}
    >
      {icon}
      <span>{children}</span>
    </PageLink>
  )
}
