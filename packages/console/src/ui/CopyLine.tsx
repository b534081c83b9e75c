import { ActionIcon, CopyButton } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import css from './CopyLine.module.css'

interface CopyLineProps {
  readonly text: string
  /** A command line gets a prompt; the prompt is not copied. */
  readonly prompt?: boolean
}

/** A command or an address that a person will want to paste elsewhere. */
export function CopyLine({ text, prompt = true }: CopyLineProps) {
  return (
    <div className={css['line']}>
      {/* A long line scrolls, and what scrolls must be reachable by keyboard. */}
      <pre className={css['code']} tabIndex={0} role="group" aria-label="Command">
        {prompt && <span aria-hidden="true" className={css['prompt']} />}
        <code>{text}</code>
      </pre>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <ActionIcon variant="subtle" color="gray" size="sm" onClick={copy} aria-label={copied ? 'Copied' : 'Copy'}>
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        )}
      </CopyButton>
    </div>
  )
}
