// Before the first paint: the theme that was chosen, else that of the system.
{
  const chosen = localStorage.getItem('evenkeel-theme')
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
}
