import {
  TOMCAT_CLASSES,
  type AttributeUse,
  type TomcatClass,
} from '../../../src/config/server-xml/tomcat-classes.js';
import { cell, expectGeneratedPage } from '../../support/generated-page.js';

const ELEMENTS = [...new Set(TOMCAT_CLASSES.map(({ element }) => element))];

function useText(use: AttributeUse): string {
  switch (use.kind) {
    case 'setting':
      return `sets \`${use.setting}\``;
    case 'interceptor':
      return 'the same, or a warning that it has no effect';
    case 'member':
      return 'of the member';
    case 'tomcat':
      return "Tomcat's own affair: nobody who speaks with it sees it";
    case 'none':
      return `no effect, a warning: ${use.why}`;
    case 'missing':
      return `cannot be honoured, a warning: ${use.what}${use.unless === undefined ? '' : ` (\`${use.unless}\` is what is)`}`;
  }
}

/** Attributes with the same use stand in one row. */
function classSection({ name, here, missing, attributes }: TomcatClass): string[] {
  const rows = new Map<string, string[]>();
  for (const [attribute, use] of Object.entries(attributes)) {
    const text = useText(use);
    rows.set(text, [...(rows.get(text) ?? []), `\`${attribute}\``]);
  }
  return [
    `### \`${name}\``,
    '',
    `Here: ${missing ?? here}.`,
    '',
    ...(rows.size === 0 ? ['It has no attributes.'] : ['| attribute | here |', '|---|---|']),
    ...[...rows].map(([text, names]) => `| ${names.join(', ')} | ${cell(text)} |`),
    '',
  ];
}

function page(): string {
  return [
    '# Compatibility',
    '',
    "Every class that a `<Cluster>` of Tomcat's `server.xml` may name, and each of its attributes, of Tomcat 9.0 and 10.1 (8.5 and 11 have",
    'none besides), and what this node does with it: from `--server-xml PATH`, or as the setting that is named. An attribute that is not here',
    'is one that Tomcat ignores, too: it is warned of. `tribes config --server-xml PATH` says it of yours.',
    '',
    'Made from the table in `src/config/server-xml/tomcat-classes.ts`; tests hold the two equal, and the table beside the classes of real Tomcats',
    '(`UPDATE_DOCS=1 npm test` writes this page).',
    '',
    ...ELEMENTS.flatMap((element) => [
      `## \`<${element}>\``,
      '',
      ...TOMCAT_CLASSES.filter((known) => known.element === element).flatMap(classSection),
    ]),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

describe('the classes of server.xml', () => {
  it('are docs/compatibility.md', () => {
    expectGeneratedPage('compatibility.md', page());
  });
});
