import { IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react'
import { ActionIcon, useMantineColorScheme } from '../ui/index.ts'

const NEXT = { auto: 'light', light: 'dark', dark: 'auto' } as const
const ICONS = { auto: IconDeviceDesktop, light: IconSun, dark: IconMoon } as const
const NAMES = { auto: 'the system’s', light: 'light', dark: 'dark' } as const

export function ThemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const Icon = ICONS[colorScheme]
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      onClick={() => setColorScheme(NEXT[colorScheme])}
      aria-label={`Theme: ${NAMES[colorScheme]}. Change it`}
    >
      <Icon size={18} />
    </ActionIcon>
  )
}
