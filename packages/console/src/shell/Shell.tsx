import { IconSearch } from '@tabler/icons-react'
import { Outlet, useRouterState, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { AppShell, Burger, Group, Kbd } from '../ui/index.ts'
import { Keys } from './Keys.tsx'
import { LiveChip } from './LiveChip.tsx'
import { Navigation } from './Navigation.tsx'
import { openPalette, usePaletteWanted } from './palette-state.ts'
import css from './Shell.module.css'
import { ThemeSwitch } from './ThemeSwitch.tsx'

const Palette = lazy(async () => ({ default: (await import('./Palette.tsx')).Palette }))

/** The frame of every page; `?embed=1` leaves it out, for dashboards and wikis. */
export function Shell() {
  const { embed } = useSearch({ from: '__root__' })
  const [open, setOpen] = useState(false)
  const main = usePageFocus(() => setOpen(false))
  const content = (
    <div ref={main} id="content" tabIndex={-1} className={css['content']}>
      <Outlet />
    </div>
  )
  if (embed) return <main className={css['embedded']}>{content}</main>

  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !open } }}
      className={css['shell']}
      padding={{ base: 12, sm: 24 }}
    >
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      <Header open={open} onOpen={() => setOpen(!open)} />
      <AppShell.Navbar p={10} aria-label="Screens">
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main>{content}</AppShell.Main>
      <Keys />
      <PaletteWhenWanted />
    </AppShell>
  )
}

function Header({ open, onOpen }: { readonly open: boolean; readonly onOpen: () => void }) {
  return (
    <AppShell.Header className={css['header']}>
      <Group gap={10} wrap="nowrap">
        <Burger opened={open} onClick={onOpen} hiddenFrom="sm" size="sm" aria-label="Navigation" aria-expanded={open} />
        <img src="/favicon.svg" alt="" width={22} height={22} />
        <span className={css['name']}>Evenkeel</span>
      </Group>
      <Group gap={8} wrap="nowrap">
        <button type="button" className={css['search']} onClick={openPalette} aria-label="Find anything">
          <IconSearch size={14} aria-hidden="true" />
          <span>Find anything</span>
          <Kbd size="xs">⌘K</Kbd>
        </button>
        <LiveChip />
        <ThemeSwitch />
      </Group>
    </AppShell.Header>
  )
}

/** The palette is loaded when it is first asked for. */
function PaletteWhenWanted() {
  return usePaletteWanted() ? (
    <Suspense>
      <Palette />
    </Suspense>
  ) : null
}

/** A new page starts at its top for a screen reader too. */
function usePageFocus(onChange: () => void) {
  const pathname = useRouterState({ select: ({ location }) => location.pathname })
  const main = useRef<HTMLDivElement>(null)
  const shown = useRef(pathname)
  useEffect(() => {
    if (shown.current === pathname) return
    shown.current = pathname
    onChange()
    main.current?.focus({ preventScroll: true })
  })
  return main
}
