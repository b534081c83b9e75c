import { Button, type ButtonProps } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import type { ComponentProps } from 'react'

/** Opens the menu that it is the target of. */
export const MenuButton = (props: ButtonProps & Omit<ComponentProps<'button'>, keyof ButtonProps>) => (
  <Button size="xs" variant="default" rightSection={<IconChevronDown size={14} aria-hidden="true" />} {...props} />
)
