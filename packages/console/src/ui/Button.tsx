import { Button as MantineButton, Tooltip } from '@mantine/core'
import type { ReactNode } from 'react'
import { PageLink } from './PageLink.tsx'

interface ButtonProps {
  readonly onClick: () => void
  /** Why the button cannot be pressed now; leave out when it can. */
  readonly disabledReason?: string | undefined
  readonly kind?: keyof typeof VARIANT
  readonly busy?: boolean
  readonly children: ReactNode
}

const VARIANT = { primary: 'filled', secondary: 'default', danger: 'default', quiet: 'subtle' } as const

/** Stays reachable when it is off, so that everyone can find out why. */
export function Button({ onClick, disabledReason, kind = 'secondary', busy = false, children }: ButtonProps) {
  const off = disabledReason !== undefined
  const button = (
    <MantineButton
      size="xs"
      variant={VARIANT[kind]}
      className={kind === 'danger' ? 'ek-danger' : ''}
      loading={busy}
      aria-disabled={off}
      {...(off ? { className: 'ek-off', 'aria-description': disabledReason } : { onClick })}
    >
      {children}
    </MantineButton>
  )
  if (!off) return button
  return (
    <Tooltip label={disabledReason} multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
      {button}
    </Tooltip>
  )
}

interface LinkButtonProps {
  readonly href: string
  readonly kind?: 'primary' | 'secondary'
  readonly children: ReactNode
}

/** Looks like a button and leads to another page. */
export function LinkButton({ href, kind = 'secondary', children }: LinkButtonProps) {
  return (
    <MantineButton size="xs" variant={VARIANT[kind]} component={PageLink} href={href} underline={false}>
      {children}
    </MantineButton>
  )
}
