import type { Station } from '@evenkeel/contract'
import { IconChevronRight } from '@tabler/icons-react'
import { isPage } from '../shell/paths.ts'
import { Age, PageLink, StateMark, Tooltip } from '../ui/index.ts'
import css from './Stations.module.css'

/** The eight stations of a loop; the arrow is lit where work is moving. */
export function Stations({ stations }: { readonly stations: readonly Station[] }) {
  return (
    <ol className={css['stations']}>
      {stations.map((station, i) => (
        <li key={station.name} className={css['stop']}>
          {i > 0 && (
            <IconChevronRight
              size={14}
              aria-hidden="true"
              className={css['arrow']}
              data-lit={station.state === 'active' || undefined}
            />
          )}
          <Chip station={station} />
        </li>
      ))}
    </ol>
  )
}

function Chip({ station: { name, state, label, says, at, link } }: { readonly station: Station }) {
  const content = (
    <>
      <span className={css['name']}>
        <StateMark state={state} />
        {name}
      </span>
      <span className={css['label']}>{label || '–'}</span>
      <span className={css['age']}>{at && <Age at={at} />}</span>
    </>
  )
  return (
    <Tooltip label={says} multiline maw={320} disabled={says === ''} events={{ hover: true, focus: true, touch: true }}>
      {isPage(link) ? (
        <PageLink href={link} underline={false} className={css['chip']} data-state={state}>
          {content}
        </PageLink>
      ) : (
        <div className={css['chip']} data-state={state}>
          {content}
        </div>
      )}
    </Tooltip>
  )
}
