import type { ImportDraft } from '@evenkeel/contract'
import { useState } from 'react'
import { Card, CopyLine, SegmentedControl } from '../ui/index.ts'
import { codeOf } from './code.ts'
import type { Step } from './steps.ts'

const LANGUAGES = { shell: 'Command line', python: 'Python' } as const

/** The same step without the console. */
export function ShowCode({ step, draft }: { readonly step: Step; readonly draft: ImportDraft }) {
  const [language, setLanguage] = useState<keyof typeof LANGUAGES>('shell')
  const code = codeOf(step, { origin: window.location.origin, draft })
  return (
    <Card title="The code of this step" note="It does the same, for a script or for next time.">
      <SegmentedControl
        aria-label="Language"
        size="xs"
        mb={12}
        data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
        value={language}
        onChange={(value) => setLanguage(value as keyof typeof LANGUAGES)}
      />
      <CopyLine text={code[language]} prompt={false} />
    </Card>
  )
}
