import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

/**
 * Holds a page of docs/ equal to the table it is made from. `UPDATE_DOCS=1 npm test` writes the page instead.
 */
export function expectGeneratedPage(name: string, text: string): void {
  const path = fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url));
  if (process.env['UPDATE_DOCS'] === '1') {
    writeFileSync(path, text);
  }
  expect(
    readFileSync(path, 'utf8'),
    `docs/${name} is out of date: UPDATE_DOCS=1 npm test writes it`,
  ).to.equal(text);
}

/** A cell of a Markdown table. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
