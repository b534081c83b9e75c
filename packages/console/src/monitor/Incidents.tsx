import type { Incident } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { isPage } from '../shell/paths.ts'
import { Card, CopyLine, formatDate, Loaded, Meter, PageLink, Select, StateMark, StateWord } from '../ui/index.ts'
import css from './Incidents.module.css'
import { incidentsQuery } from './queries.ts'

/** What happened, why, and how to fix it: the open incident, or the one that was asked for. */
export function Incidents({ monitor }: { readonly monitor: string }) {
  const incidents = useQuery(incidentsQuery(monitor))
  return (
    <Loaded query={incidents} height={200}>
      {({ items }) => (items.length === 0 ? <Calm /> : <Chosen incidents={items} />)}
    </Loaded>
  )
}

const Calm = () => (
  <Card title="Incidents">
    <StateWord state="done">No incident so far.</StateWord>
  </Card>
)

function Chosen({ incidents }: { readonly incidents: readonly Incident[] }) {
  const { incident: wanted } = useSearch({ from: '/monitors/$monitor' })
  const navigate = useNavigate({ from: '/monitors/$monitor' })
  const shown =
    incidents.find(({ id }) => id === wanted) ?? incidents.find(({ state }) => state === 'open') ?? incidents[0]!
  const choose = (id: string | null) =>
    void navigate({ search: (search) => ({ ...search, incident: id ?? undefined }), replace: true, resetScroll: false })

  return (
    <Card
      title={shown.title}
      note={spanOf(shown)}
      actions={
        <>
          <StateWord state={shown.state === 'open' ? 'attention' : 'done'}>{shown.state}</StateWord>
          {incidents.length > 1 && (
            <Select
              aria-label="Incident"
              size="xs"
              w={260}
              allowDeselect={false}
              data={incidents.map(({ id, title, state }) => ({ value: id, label: `${state}: ${title}` }))}
              value={shown.id}
              onChange={choose}
            />
          )}
        </>
      }
    >
      <IncidentBody incident={shown} />
    </Card>
  )
}

const spanOf = ({ kind, eventTimeStart, eventTimeEnd }: Incident): string =>
  `${kind.replace('_', ' ')} since ${formatDate(eventTimeStart)}${eventTimeEnd ? `, over on ${formatDate(eventTimeEnd)}` : ''}`

function IncidentBody({ incident: { what, why, fix, resolution, state } }: { readonly incident: Incident }) {
  return (
    <div className={css['columns']}>
      <section>
        <h3>What</h3>
        {what.map((line) => (
          <p key={line}>{line}</p>
        ))}
        {resolution && (
          <p className={css['resolution']}>
            <StateMark state="done" /> {resolution}
          </p>
        )}
      </section>
      <section>
        <h3>Why, most likely first</h3>
        <ol className={css['why']}>
          {why.map((cause) => (
            <Cause key={cause.says} cause={cause} />
          ))}
        </ol>
      </section>
      {state === 'open' && (
        <section>
          <h3>Fix</h3>
          {fix.map(({ says, command, recommended }) => (
            <div key={command} className={css['fix']}>
              <p>
                {recommended && <span className="ek-tag">recommended</span>} {says}
              </p>
              <CopyLine text={command} />
            </div>
          ))}
        </section>
      )}
    </div>
  )
}

function Cause({ cause: { says, weight, link } }: { readonly cause: Incident['why'][number] }) {
  return (
    <li>
      <Meter share={weight} label={`Weight ${weight.toFixed(2)}`} />
      <span>{isPage(link) ? <PageLink href={link}>{says}</PageLink> : says}</span>
    </li>
  )
}
