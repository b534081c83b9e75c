/** The parts we use of Mantine, imported nowhere else, so that an upgrade touches one folder. */
export {
  ActionIcon,
  AppShell,
  Burger,
  Checkbox,
  Group,
  Kbd,
  Menu,
  MultiSelect,
  NumberInput,
  SegmentedControl,
  Select,
  Slider,
  Stack,
  Switch,
  Tabs,
  Textarea,
  TextInput,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
  VisuallyHidden,
} from '@mantine/core'
export { useDebouncedValue, useMediaQuery } from '@mantine/hooks'
export { Brief } from './Brief.tsx'
export { firstSentence } from './sentences.ts'
export { Button, LinkButton } from './Button.tsx'
export { Card } from './Card.tsx'
export { Commit } from './Commit.tsx'
export { CopyLine } from './CopyLine.tsx'
export { Dialog } from './Dialog.tsx'
export { Empty } from './Empty.tsx'
export { ErrorPanel } from './ErrorPanel.tsx'
export { Facts, Figure } from './Figure.tsx'
export {
  formatAge,
  formatBytes,
  formatCount,
  formatDate,
  formatDateTime,
  formatDay,
  formatDuration,
  formatMs,
  formatNumber,
  formatPercent,
  formatSigned,
} from './format.ts'
export { Loaded } from './Loaded.tsx'
export { MenuButton } from './MenuButton.tsx'
export { Meter } from './Meter.tsx'
export { More } from './More.tsx'
export { notifyDone, notifyUndo } from './notify.tsx'
export { PageHead } from './PageHead.tsx'
export { PageLink } from './PageLink.tsx'
export { Pair, Pairs, Part, Parts } from './Part.tsx'
export { TYPING_MS } from './pages.ts'
export { ReasonDialog } from './ReasonDialog.tsx'
export { SearchField, useSearchText } from './SearchField.tsx'
export { Sparkline } from './Sparkline.tsx'
export { StateFilter } from './StateFilter.tsx'
export { type MarkState, StateMark, StateWord } from './StateMark.tsx'
export { Age, Time } from './Time.tsx'
