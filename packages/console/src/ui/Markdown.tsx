import ReactMarkdown, { type Components } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import css from './Markdown.module.css'

/** Hugging Face puts YAML between two lines of dashes in front of the text. */
const frontMatter = /^---\n[\s\S]*?\n---\n/

/** Headings lie below the heading of the part they stand in; images would be fetched from anywhere. */
const COMPONENTS: Components = {
  h1: 'h3',
  h2: 'h4',
  h3: 'h5',
  img: ({ alt }) => <em>{alt}</em>,
  a: ({ href, children }) => (
    <a href={href} rel="noreferrer" className="ek-link">
      {children}
    </a>
  ),
}

/** Markdown as people wrote it; HTML inside of it is left out. */
export function Markdown({ text }: { readonly text: string }) {
  return (
    <div className={css['markdown']}>
      <ReactMarkdown remarkPlugins={[remarkGfm]} components={COMPONENTS} skipHtml>
        {text.replace(frontMatter, '')}
      </ReactMarkdown>
    </div>
  )
}
