/** The OpenAPI document as one page of HTML: no scripts, nothing from elsewhere, so it works at a venue and under the CSP. */
import type { OpenApiDocument, OpenApiOperation } from '../../model/rest/openapi.ts'

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
  summary { cursor: pointer; padding: .4rem 0 } details { border-bottom: 1px solid #ddd }
  code, pre { font: 13px/1.5 ui-monospace, monospace } pre { background: #f5f5f5; padding: .75rem; overflow: auto; max-height: 30rem }
  .method { display: inline-block; width: 4.5rem; font-weight: 600 } .open { color: #666 }
  @media (prefers-color-scheme: dark) { body { color: #ddd; background: #1a1a1a } pre { background: #262626 } details { border-color: #444 } }
`

export function openApiPage({ info, paths, components }: OpenApiDocument): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationHtml(method.toUpperCase(), path, operation)),
  )
  const shared = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<details id="${escapeHtml(name)}"><summary><code>${escapeHtml(name)}</code></summary>${json(schema)}</details>`,
  )
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(info.title)} – REST API</title>
<style>${STYLE}</style></head>
<body>
<h1>${escapeHtml(info.title)} ${escapeHtml(info.version)}: the REST API</h1>
<p>${operations.length} operations below <code>/api/offline</code>. For programs: <a href="openapi.json">openapi.json</a>.</p>
${operations.join('\n')}
<h2>Shared replies</h2>
${shared.join('\n')}
</body>
</html>
`
}

function operationHtml(method: string, path: string, operation: OpenApiOperation): string {
  const { operationId, summary, parameters, requestBody, responses, security } = operation
  const rows = parameters.map(
    ({ name, in: place, required, schema }) =>
      `<li><code>${escapeHtml(name)}</code> (${place}${required ? '' : ', may be left out'})${json(schema)}</li>`,
  )
  const replies = Object.entries(responses).map(
    ([status, { description, content }]) =>
      `<li><code>${escapeHtml(status)}</code> ${escapeHtml(description)}${content ? json(content) : ''}</li>`,
  )
  return `<details id="${escapeHtml(operationId)}">
<summary><span class="method">${method}</span> <code>${escapeHtml(path)}</code> ${security.length === 0 ? '<span class="open">no token</span>' : ''}<br>${escapeHtml(summary)}</summary>
${rows.length > 0 ? `<h3>Parameters</h3><ul>${rows.join('')}</ul>` : ''}
${requestBody ? `<h3>Body</h3>${json(requestBody.content)}` : ''}
<h3>Replies</h3><ul>${replies.join('')}</ul>
</details>`
}

function json(value: unknown): string {
  return `<pre>${escapeHtml(JSON.stringify(value, null, 2))}</pre>`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => ENTITIES[char] ?? char)
}
