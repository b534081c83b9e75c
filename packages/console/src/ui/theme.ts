import { createTheme, type CSSVariablesResolver, localStorageColorSchemeManager } from '@mantine/core'
import { series, tokens, type Scheme } from './tokens.ts'

export const colourScheme = localStorageColorSchemeManager({ key: 'evenkeel-theme' })

export const theme = createTheme({
  primaryColor: 'keel',
  primaryShade: { light: 7, dark: 8 },
  colors: {
    keel: [
      '#E6F0F6',
      '#C9E0EE',
      '#9CC9E2',
      '#6BB0D5',
      '#3F97C6',
      '#1D80B3',
      '#0A6D9F',
      '#005586',
      '#0A6FA8',
      '#00344F',
    ],
  },
  fontFamily: 'Inter, -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '1.375rem' }, h2: { fontSize: '0.9375rem' }, h3: { fontSize: '0.8125rem' } },
  },
})

const variablesOf = (scheme: Scheme) => ({
  ...Object.fromEntries(Object.entries(tokens[scheme]).map(([name, colour]) => [`--ek-${name}`, colour])),
  ...Object.fromEntries(series[scheme].map((colour, i) => [`--ek-series-${i}`, colour])),
  '--mantine-color-body': tokens[scheme].surface,
  '--mantine-color-text': tokens[scheme].text,
  '--mantine-color-dimmed': tokens[scheme].dim,
  '--mantine-color-default-border': tokens[scheme].line,
  '--mantine-color-anchor': tokens[scheme].accent,
  '--mantine-color-error': tokens[scheme].warn,
})

/** Puts our tokens where Mantine and the style sheets read colours. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: variablesOf('light'),
  dark: variablesOf('dark'),
})
