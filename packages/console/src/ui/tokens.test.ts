import { describe, expect, it } from 'vitest'
import { type Scheme, series, terminal, tokens } from './tokens.ts'

type Rgb = readonly [number, number, number]

/** sRGB to linear light, each in [0, 1]. */
function linear(hex: string): Rgb {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return [r!, g!, b!]
}

/** WCAG 2.2, "relative luminance". */
const luminance = ([r, g, b]: Rgb) => 0.2126 * r + 0.7152 * g + 0.0722 * b

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(linear(a)), luminance(linear(b))].toSorted((x, y) => x - y)
  return (light! + 0.05) / (dark! + 0.05)
}

type Matrix = readonly [Rgb, Rgb, Rgb]

/** Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB. */
const SIGHTS: Readonly<Record<string, Matrix>> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
}

const times = (matrix: Matrix, [r, g, b]: Rgb): Rgb =>
  matrix.map(([x, y, z]) => Math.min(1, Math.max(0, x * r + y * g + z * b))) as unknown as Rgb

/** Linear sRGB to CIE Lab under D65. */
function lab(rgb: Rgb): Rgb {
  const toXyz: Matrix = [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.072175],
    [0.0193339, 0.119192, 0.9503041],
  ]
  const white = [0.95047, 1, 1.08883]
  const [x, y, z] = toXyz.map(([r, g, b], i) => {
    const ratio = (r * rgb[0] + g * rgb[1] + b * rgb[2]) / white[i]!
    return ratio > 216 / 24389 ? Math.cbrt(ratio) : (24389 / 27) * (ratio / 116) + 16 / 116
  })
  return [116 * y! - 16, 500 * (x! - y!), 200 * (y! - z!)]
}

function smallestDistance(colours: readonly string[]): number {
  const distances = Object.values(SIGHTS).flatMap((sight) => {
    const seen = colours.map((colour) => lab(times(sight, linear(colour))))
    return seen.flatMap((a, i) => seen.slice(i + 1).map((b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])))
  })
  return Math.min(...distances)
}

describe.each(['light', 'dark'] satisfies Scheme[])('%s theme', (scheme) => {
  const { page, surface, raised, text, dim, accent, good, warn, tint, goodTint, warnTint } = tokens[scheme]

  it.each([
    { words: text, on: [page, surface, raised, tint, warnTint, goodTint] },
    { words: dim, on: [page, surface, raised] },
    { words: accent, on: [page, surface, raised, tint] },
    { words: good, on: [page, surface, goodTint] },
    { words: warn, on: [page, surface, warnTint] },
  ])('shows $words readably on $on', ({ words, on }) => {
    for (const background of on) expect(contrast(words, background)).toBeGreaterThanOrEqual(4.5)
  })

  it('draws every series at 3:1 or more', () => {
    for (const colour of series[scheme]) expect(contrast(colour, surface)).toBeGreaterThanOrEqual(3)
  })
})

it('shows every colour of a log readably', () => {
  const { background, text, dim, palette } = terminal
  expect(new Set(palette).size).toBe(16)
  for (const colour of [text, dim, ...palette]) expect(contrast(colour, background)).toBeGreaterThanOrEqual(4.5)
})

// Contrast: the table of WCAG figures for Okabe–Ito on white and on #1A1B1E; distances: CIE76 over the four sights.
it('agrees with published figures', () => {
  expect(contrast('#0072B2', '#FFFFFF')).toBeCloseTo(5.19, 2)
  expect(contrast('#E69F00', '#1A1B1E')).toBeCloseTo(7.65, 2)
  expect(contrast('#000000', '#FFFFFF')).toBe(21)
})

it('keeps all pairs of series apart for four kinds of sight', () => {
  expect(smallestDistance(series.dark)).toBeCloseTo(16.1, 1)
  expect(smallestDistance(series.light)).toBeCloseTo(16.5, 1)
})
