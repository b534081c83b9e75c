import type { loop, ResultOf } from '@evenkeel/contract'
import {
  IconChevronRight,
  IconCircleCheckFilled,
  IconClipboardCheck,
  IconRocket,
  IconStethoscope,
  IconTool,
} from '@tabler/icons-react'
import { isPage } from '../shell/paths.ts'
import { brief } from '../ui/sentences.ts'
import { CopyLine, PageLink } from '../ui/index.ts'
import css from './NeedsYou.module.css'

type Item = ResultOf<(typeof loop)['read']>['needsYou'][number]

const KINDS = {
  approval: { Icon: IconClipboardCheck, word: 'Approval' },
  incident: { Icon: IconStethoscope, word: 'Incident' },
  run: { Icon: IconTool, word: 'Failed run' },
  rollout: { Icon: IconRocket, word: 'Rollout' },
} as const

/** More than this is a list, not a strip. */
const MOST = 5

/** What waits for a person, most urgent first. */
export function NeedsYou({ items }: { readonly items: readonly Item[] }) {
  return (
    <section aria-label="Needs you" className={css['strip']}>
      <h2 className={css['title']}>Needs you</h2>
      {items.length === 0 ? (
        <p className={css['nothing']}>
          <IconCircleCheckFilled size={15} aria-hidden="true" /> Nothing waits for you.
        </p>
      ) : (
        <ul className={css['list']}>
          {items.slice(0, MOST).map((item) => (
            <li key={`${item.kind} ${item.says}`}>
              <Need item={item} />
            </li>
          ))}
        </ul>
      )}
      {items.length > MOST && <p className={css['nothing']}>{items.length - MOST} more: evenkeel status</p>}
    </section>
  )
}

function Need({ item: { kind, says, link, command } }: { readonly item: Item }) {
  const { Icon, word } = KINDS[kind]
  const words = (
    <>
      <Icon size={16} aria-hidden="true" className={css['icon']} />
      <span className={css['words']}>
        <span className={css['kind']}>{word}</span> {brief(says)}
      </span>
    </>
  )
  return (
    <div className={css['need']}>
      {isPage(link) ? (
        <PageLink href={link} underline={false} className={css['link']} data-row>
          {words}
          <IconChevronRight size={15} aria-hidden="true" className={css['more']} />
        </PageLink>
      ) : (
        <div className={css['link']}>{words}</div>
      )}
      {command && (
        <div className={css['command']}>
          <CopyLine text={command} />
        </div>
      )}
    </div>
  )
}
