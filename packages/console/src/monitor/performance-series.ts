import type { MonitorWindow } from '@evenkeel/contract'
import type { ChartMark, ChartSeries } from '../chart/series.ts'

/** AUC of each window at its start, with its interval. */
export function aucSeries(windows: readonly MonitorWindow[]): ChartSeries {
  return {
    name: 'AUC',
    colour: 0,
    dash: 'solid',
    points: windows.map(({ start, performance }) => [Date.parse(start), performance.auc]),
    band: windows.flatMap(({ start, performance: { aucLow, aucHigh } }) =>
      aucLow === null || aucHigh === null ? [] : [[Date.parse(start), aucLow, aucHigh] as const],
    ),
  }
}

/** The version that answered most in a window; `undefined` when none did. */
const mainVersion = ({ versions }: MonitorWindow) => versions.toSorted((a, b) => b.share - a.share)[0]?.version

/** The first window, and each in which another version answers most than in the one before. */
export function versionMarks(windows: readonly MonitorWindow[]): ChartMark[] {
  const marks: ChartMark[] = []
  let before: number | undefined
  for (const window of windows) {
    const version = mainVersion(window)
    if (version !== undefined && version !== before) marks.push({ name: `v${version}`, atMs: Date.parse(window.start) })
    before = version ?? before
  }
  return marks
}
