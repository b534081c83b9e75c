import type { LoopRow } from '@evenkeel/contract'
import { isPage } from '../shell/paths.ts'
import { Brief, Empty, formatDate, PageLink, StateWord } from '../ui/index.ts'
import css from './Turns.module.css'
import { OUTCOMES } from './outcomes.ts'

/** The turns of one loop, newest first: each is a version, what became of it and why. */
export function Turns({ row: { model, turns } }: { readonly row: LoopRow }) {
  return (
    <section className={css['turns']} aria-label={`Turns of the loop of ${model}`}>
      <h3 className={css['title']}>Turns of the loop</h3>
      {turns.length === 0 ? (
        <Empty title="The first turn ends with the first version." />
      ) : (
        <ol className={css['list']}>
          {turns.map(({ version, says, outcome, eventTime, link }) => (
            <li key={version} className={css['turn']}>
              <span className={css['version']}>
                {isPage(link) ? (
                  <PageLink href={link} data-row>
                    v{version}
                  </PageLink>
                ) : (
                  `v${version}`
                )}
              </span>
              <span className={css['when']}>{eventTime ? formatDate(eventTime) : ''}</span>
              <StateWord state={OUTCOMES[outcome].state}>{OUTCOMES[outcome].word}</StateWord>
              <span className={css['says']}>
                <Brief text={says} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}
