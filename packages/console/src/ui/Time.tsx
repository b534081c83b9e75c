import { Tooltip } from '@mantine/core'
import { useNowMs } from './clock.ts'
import { formatAge, formatDateTime } from './format.ts'

/** How long ago something happened. */
export function Age({ at }: { readonly at: string }) {
  return `${formatAge(useNowMs() - Date.parse(at))} ago`
}

/** How long ago something happened; the moment itself on hover. */
export function Time({ at }: { readonly at: string }) {
  return (
    <Tooltip label={`${formatDateTime(at)} UTC`}>
      <time dateTime={at}>
        <Age at={at} />
      </time>
    </Tooltip>
  )
}
