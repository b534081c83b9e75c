import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import { MantineProvider } from '@mantine/core'
import type { ReactNode } from 'react'
import { NoticeArea } from './notify.tsx'
import { colourScheme, cssVariables, theme } from './theme.ts'

export function Provider({ children }: { readonly children: ReactNode }) {
  return (
    <MantineProvider
      theme={theme}
      colorSchemeManager={colourScheme}
      defaultColorScheme="auto"
      cssVariablesResolver={cssVariables}
    >
      <NoticeArea />
      {children}
    </MantineProvider>
  )
}
