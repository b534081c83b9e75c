import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { CopyLine, Empty, Loaded, PageHead, SegmentedControl } from '../ui/index.ts'
import { NodeGraph } from './NodeGraph.tsx'
import { Search } from './Search.tsx'
import { type Direction, graphQuery } from './queries.ts'

/** Where does it come from, and what hangs on it? */
export function LineagePage() {
  const { node, direction = 'both' } = useSearch({ from: '/lineage' })
  const navigate = useNavigate({ from: '/lineage' })
  const turn = (value: string) =>
    void navigate({
      search: (search) => ({
        ...search,
        direction: value === 'both' ? undefined : (value as 'upstream' | 'downstream'),
      }),
      replace: true,
    })
  return (
    <div className="ek-page">
      <PageHead title="Lineage" note="Where data, models and deployments come from, and what depends on them.">
        {node !== undefined && (
          <SegmentedControl
            aria-label="Direction"
            size="xs"
            data={[
              { value: 'upstream', label: 'Comes from' },
              { value: 'both', label: 'Both' },
              { value: 'downstream', label: 'Leads to' },
            ]}
            value={direction}
            onChange={turn}
          />
        )}
      </PageHead>
      {node !== undefined && <Around node={node} direction={direction} />}
      <Search none={<Nothing />} />
    </div>
  )
}

function Around({ node, direction }: { readonly node: string; readonly direction: Direction }) {
  const graph = useQuery(graphQuery(node, direction))
  return (
    <Loaded query={graph} height={300}>
      {(data) => <NodeGraph graph={data} />}
    </Loaded>
  )
}

function Nothing() {
  return (
    <Empty title="Nothing is known yet. Run a pipeline, or point Airflow, Spark or dbt here:">
      <CopyLine text={`export OPENLINEAGE_URL=${window.location.origin}`} />
    </Empty>
  )
}
