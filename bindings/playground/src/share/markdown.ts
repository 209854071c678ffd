/** The question, its answer and the texts as Markdown, for a ticket or a review. */
import type { Explanation } from 'portcullis-web';
import type { Work } from '../app/state';
import { headline, reasonOf } from '../question/words';

export function toMarkdown(work: Work, explanation: Explanation | null, link: string | null): string {
  const parts: string[] = [];
  if (explanation && 'steps' in explanation) {
    const { answer, egress, ingress } = explanation;
    parts.push(`**${answer.verdict}**: ${headline(answer, work.question)}`);
    const sides = [
      ['egress', egress],
      ['ingress', ingress],
    ] as const;
    parts.push(
      sides
        .map(([name, { side, nearest }]) => {
          const word = side.allowed === null ? 'some' : side.allowed ? 'allowed' : 'denied';
          const rule = side.rule ? ` By \`${side.rule.policy}\` \`${side.rule.path}\`.` : '';
          const lacks = nearest?.lacks.map(({ message, field }) => `\n  - ${message} (\`${field}\`)`) ?? [];
          return `- ${name}: ${word}. ${reasonOf(side)}${rule}${lacks.join('')}`;
        })
        .join('\n'),
    );
  }
  if (link !== null) parts.push(`[Open in the playground](${link})`);
  for (const { name, text } of work.documents) {
    const fence = '`'.repeat(
      Math.max(3, 1 + Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))),
    );
    parts.push(
      `<details><summary>${escaped(name)}</summary>\n\n${fence}yaml\n${text.trimEnd()}\n${fence}\n\n</details>`,
    );
  }
  return `${parts.join('\n\n')}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
