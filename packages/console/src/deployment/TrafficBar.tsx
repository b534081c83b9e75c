import type { EndpointView } from '@evenkeel/contract'
import { pathToVersion } from '../shell/paths.ts'
import { PageLink } from '../ui/index.ts'
import { ARMS } from './arms.ts'
import css from './TrafficBar.module.css'

interface TrafficBarProps {
  readonly model: string
  readonly arms: EndpointView['arms']
}

/** Which version gets which share of the requests. */
export function TrafficBar({ arms, model }: TrafficBarProps) {
  const total = arms.reduce((sum, { weight }) => sum + weight, 0)
  const share = (weight: number) => (100 * weight) / total
  const label = arms.map(
    ({ arm, version, weight }) => `${ARMS[arm].name} version ${version}: ${share(weight).toFixed(0)} %`,
  )
  return (
    <div>
      <div className={css['bar']} role="img" aria-label={label.join(', ')}>
        {arms.map(({ arm, weight }) => (
          <span key={arm} data-arm={arm} style={{ flexGrow: weight }} />
        ))}
      </div>
      <ul className={css['legend']}>
        {arms.map(({ arm, version, weight }) => (
          <li key={arm}>
            <span className={css['swatch']} data-arm={arm} aria-hidden="true" />
            <span className={css['share']}>{share(weight).toFixed(0)} %</span>
            <span>
              {ARMS[arm].name}, <PageLink href={pathToVersion(model, version)}>version {version}</PageLink>
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}
