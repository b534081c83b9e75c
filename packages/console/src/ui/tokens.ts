/**
 * Colours of the console by theme. Text on `surface`, `page` and `raised` reaches 4.5:1; marks and series reach 3:1
 * and stay apart for colour-blind eyes (Okabe–Ito, adapted).
 */
export const tokens = {
  light: {
    page: '#F5F6F8',
    surface: '#FFFFFF',
    raised: '#F0F2F5',
    line: '#DFE3E8',
    text: '#1B1F24',
    dim: '#59626E',
    accent: '#005586',
    good: '#00693F',
    warn: '#A34600',
    tint: '#E6F0F6',
    goodTint: '#E5F3EC',
    warnTint: '#FBEDE3',
  },
  dark: {
    page: '#131416',
    surface: '#1A1B1E',
    raised: '#232529',
    line: '#33363B',
    text: '#E4E7EB',
    dim: '#9BA4B0',
    accent: '#63B8EA',
    good: '#3CC79E',
    warn: '#FF9557',
    tint: '#16293A',
    goodTint: '#15302A',
    warnTint: '#38241A',
  },
} as const

/** Series colours in the order they are given out; at most six, then "others". */
export const series = {
  light: ['#005586', '#D25C00', '#00815D', '#AF678F', '#724D00', '#499BC9'],
  dark: ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9'],
} as const

/** A log looks like a terminal in both themes: programs choose their colours for a dark one. The sixteen of SGR, in order. */
export const terminal = {
  background: '#131416',
  text: '#E4E7EB',
  dim: '#9BA4B0',
  palette: [
    '#8A939E',
    '#FF7B72',
    '#3CC79E',
    '#E3B341',
    '#63B8EA',
    '#D59BD0',
    '#39C5CF',
    '#D5D9DE',
    '#A7AFBA',
    '#FFA198',
    '#7EE2BE',
    '#F2CC60',
    '#A5D6FF',
    '#E8BCE4',
    '#87E3EA',
    '#FFFFFF',
  ],
} as const

export type Scheme = keyof typeof tokens
