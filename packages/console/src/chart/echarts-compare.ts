import { ParallelChart, ScatterChart } from 'echarts/charts'
import { ParallelComponent } from 'echarts/components'
import { use } from 'echarts/core'
import { LabelLayout } from 'echarts/features'

/** What only the comparison of runs draws; beside what `echarts.ts` brings. */
use([ParallelChart, ParallelComponent, ScatterChart, LabelLayout])
