import { LineChart } from 'echarts/charts'
import { AriaComponent, GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

/** Only the parts that are drawn; this file is loaded with the first chart. */
use([LineChart, GridComponent, MarkLineComponent, TooltipComponent, AriaComponent, SVGRenderer])

export { init }
