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
import { useRouterState } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { PageLink } from '../ui/index.ts'
import css from './Navigation.module.css'
import { pathTo } from './paths.ts'
import { placesQuery } from './places.ts'

/** The screens that exist, in the order of the loop. */
export function Navigation() {
  const { data } = useQuery(placesQuery)
  const section = (
    title: string,
    icon: ReactNode,
    kind: Parameters<typeof pathTo>[0],
    names: readonly string[] = [],
  ) => (
    <section aria-label={title}>
      <h2 className={css['title']}>
        {icon}
        {title}
      </h2>
      <ul className={css['list']}>
        {names.map((name) => (
          <li key={name}>
            <Place href={pathTo(kind, name)}>{name}</Place>
          </li>
        ))}
        {data && names.length === 0 && <li className={css['none']}>none yet</li>}
      </ul>
    </section>
  )

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
      {section('Models', <IconCube size={16} aria-hidden="true" />, 'models', data?.models)}
      <Place href="/new/import" icon={<IconUpload size={16} aria-hidden="true" />}>
        Import a model
      </Place>
      {section('Deployments', <IconRocket size={16} aria-hidden="true" />, 'deployments', data?.endpoints)}
      {section('Monitors', <IconActivityHeartbeat size={16} aria-hidden="true" />, 'monitors', data?.monitors)}
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

interface PlaceProps {
  readonly href: string
  /** Pages below this path belong to the place too. */
  readonly also?: string
  readonly icon?: ReactNode
  readonly children: ReactNode
}

function Place({ href, also, icon, children }: PlaceProps) {
  const pathname = useRouterState({ select: ({ location }) => location.pathname })
  const here = pathname === href
  const within = [href === '/' ? undefined : `${href}/`, also].some((path) => path && pathname.startsWith(path))
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
