import { IconPlayerPauseFilled, IconPlayerPlayFilled } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useLive } from '../live/useLive.ts'
import { formatAge, Tooltip } from '../ui/index.ts'
import css from './LiveChip.module.css'

const SAYS = {
  live: 'Changes appear by themselves. Press to pause.',
  polling: 'The live stream is away; the page asks every 15 s. Press to pause.',
  paused: 'Nothing changes until you press again.',
} as const

/** Whether the page is live, how old it is, and a pause. */
export function LiveChip() {
  const { state, setPaused } = useLive()
  const ageMs = useAgeMs()
  const Icon = state === 'paused' ? IconPlayerPlayFilled : IconPlayerPauseFilled

  return (
    <Tooltip label={SAYS[state]}>
      <button
        type="button"
        className={css['chip']}
        data-state={state}
        aria-label={`${state}. ${SAYS[state]}`}
        onClick={() => setPaused(state !== 'paused')}
      >
        <span className={css['dot']} aria-hidden="true" />
        <span>{state}</span>
        <span className={css['age']}>updated {formatAge(ageMs)} ago</span>
        <Icon size={11} aria-hidden="true" />
      </button>
    </Tooltip>
  )
}

/** Milliseconds since the newest answer of the server; counted each second. */
function useAgeMs(): number {
  const cache = useQueryClient().getQueryCache()
  const newest = () => Math.max(0, ...cache.findAll({ type: 'active' }).map(({ state }) => state.dataUpdatedAt))
  const [ageMs, setAgeMs] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setAgeMs(Date.now() - (newest() || Date.now())), 1000)
    return () => clearInterval(timer)
  })
  return ageMs
}
