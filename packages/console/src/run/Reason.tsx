import { PageLink } from '../ui/index.ts'
import { pathTo, shortRun } from '../shell/paths.ts'

const RUN_ID = /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/

/** What the server says of a run or step; other runs that it names are links. */
export function Reason({ text }: { readonly text: string }) {
  // Split by a group, every second part is an id.
  return text.split(RUN_ID).map((part, at) =>
    at % 2 === 0 ? (
      part
    ) : (
      <PageLink key={at} href={pathTo('runs', part)}>
        {shortRun(part)}
      </PageLink>
    ),
  )
}
