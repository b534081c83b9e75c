import type { LineageGraph, LineageNode } from '@evenkeel/contract'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { Steps } from '../pipeline/Steps.tsx'
import { isPage } from '../shell/paths.ts'
import { Button, Card, PageLink, Pair, Pairs, Time } from '../ui/index.ts'
import { KINDS, shownNodes } from './shown.ts'

/** The nodes around one, from what it comes from to what comes from it. */
export function NodeGraph({ graph }: { readonly graph: LineageGraph }) {
  const { view } = useSearch({ from: '/lineage' })
  const navigate = useNavigate({ from: '/lineage' })
  const [chosen, choose] = useState<string>()
  const root = graph.nodes.find(({ id }) => id === graph.root)
  const node = graph.nodes.find(({ id }) => id === chosen) ?? root
  return (
    <>
      <Steps
        title={root ? `Around ${root.label}` : 'Around it'}
        note={
          graph.truncated ? 'There is more than is drawn: go to another node to see what is around that.' : undefined
        }
        steps={shownNodes(graph)}
        selected={node?.id}
        onSelect={choose}
        view={view}
        onView={(next) =>
          void navigate({ search: (search) => ({ ...search, view: next }), replace: true, resetScroll: false })
        }
      />
      {node && <NodeCard node={node} isRoot={node.id === graph.root} />}
    </>
  )
}

function NodeCard({ node, isRoot }: { readonly node: LineageNode; readonly isRoot: boolean }) {
  const navigate = useNavigate({ from: '/lineage' })
  const { id, kind, label, namespace, name, version, origin, link, lastSeen } = node
  const goTo = () => void navigate({ search: (search) => ({ ...search, node: id }) })
  return (
    <Card
      title={label}
      note={KINDS[kind]}
      actions={
        <Button disabledReason={isRoot ? 'The graph is drawn around it.' : undefined} onClick={goTo}>
          Go there
        </Button>
      }
    >
      <Pairs>
        {isPage(link) && (
          <Pair name="page">
            <PageLink href={link}>Open</PageLink>
          </Pair>
        )}
        {namespace !== '' && (
          <Pair name="namespace">
            <code>{namespace}</code>
          </Pair>
        )}
        <Pair name="name">
          <code>{name}</code>
        </Pair>
        {version !== null && (
          <Pair name="version">
            <code>{version}</code>
          </Pair>
        )}
        <Pair name="told by">{origin === 'own' ? 'Evenkeel' : 'another program'}</Pair>
        <Pair name="last heard of">
          <Time at={lastSeen} />
        </Pair>
      </Pairs>
    </Card>
  )
}
