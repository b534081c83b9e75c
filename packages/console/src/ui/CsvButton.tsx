import { ActionIcon, Tooltip } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'

interface CsvButtonProps {
  /** What is downloaded: `auc`. */
  readonly of: string
  readonly onClick: () => void
}

/** Downloads the numbers of a chart. */
export const CsvButton = ({ of, onClick }: CsvButtonProps) => (
  <Tooltip label="Download as CSV">
    <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Download ${of} as CSV`} onClick={onClick}>
      <IconDownload size={14} />
    </ActionIcon>
  </Tooltip>
)
