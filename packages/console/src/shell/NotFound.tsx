import { Card, LinkButton, PageHead } from '../ui/index.ts'

export function NotFound() {
  return (
    <div className="ek-page">
      <PageHead title="There is no such page" />
      <Card title="What now">
        <p>The address may be of a thing that was renamed, or of a screen that does not exist yet.</p>
        <LinkButton href="/" kind="primary">
          Go to the loop
        </LinkButton>
      </Card>
    </div>
  )
}
