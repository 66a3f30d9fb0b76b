import { expect } from 'chai';
import {
  defaultChannelLimits,
  defaultJavaLimits,
  defaultMembershipLimits,
  defaultSessionLimits,
  defaultStoreLimits,
  defaultTransportLimits,
  defaultViewLimits,
} from '../../src/base/index.js';
import { settingsByName, settingsWith, variableOf } from '../../src/config/index.js';
import { cell, expectGeneratedPage } from '../support/generated-page.js';

function settingsPage(): string {
  const rows = [...settingsByName].map(
    ([name, { defaultText, allowed, description }]) =>
      `| \`${name}\` | ${defaultText === '' ? '' : `\`${defaultText}\``} | ${cell(allowed)} | ${cell(description)} |`,
  );
  return [
    '# Settings',
    '',
    'Every setting can be given in four ways; the first that is there counts:',
    '',
    '1. as a flag: `--receiver.port 4001` or `--receiver.port=4001` (the last one, if it stands there twice),',
    '2. in the environment: `TRIBES_RECEIVER_PORT=4001`, that is `TRIBES_`, then the name in capitals with `_` for the dot and before',
    '   each capital (`membership.dropTime` is `TRIBES_MEMBERSHIP_DROP_TIME`). An empty variable counts as not set; a variable that',
    '   begins with `TRIBES_` and is no setting is warned of,',
    '3. in a YAML or JSON file named by `--config FILE` or `TRIBES_CONFIG`:',
    '',
    '   ```yaml',
    '   receiver:',
    '     port: 4001',
    '   ```',
    '',
    '4. by the `server.xml` of a Tomcat, named by `--server-xml FILE` or `TRIBES_SERVER_XML`: its `<Cluster>`, or the one of several that `--cluster` or',
    '   `TRIBES_CLUSTER` names (`Catalina` for that of the Engine, `Catalina/localhost` for that of a Host); `${…}` come from `--property NAME=VALUE`, the',
    '   `catalina.properties` beside it, and the environment ([compatibility](compatibility.md)).',
    '',
    '`tribes config` shows what is in force, and where each value came from.',
    '',
    'A setting that does not exist, or whose value is not allowed, is an error: nothing is started. Names and defaults are those of',
    "Tomcat's `server.xml`, element dot attribute, wherever Tomcat has the thing.",
    '',
    'The default of `data` is the folder `data` in the working directory: for a daemon started with `npm start` that is the checkout',
    '(where git ignores it), and every `tribes` command started from the same place finds the access token there. Where the node runs as a',
    'service, name a directory of its own, such as `/var/lib/tribes`.',
    '',
    'Made from the table in `src/config/settings-schema.ts` and `src/config/settings/`; a test holds the two equal (`UPDATE_DOCS=1 npm test` writes this page).',
    '',
    '| setting | default | allowed | meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

describe('settings schema', () => {
  it('is docs/settings.md', () => {
    expectGeneratedPage('settings.md', settingsPage());
  });

  it('has a setting for every limit, with the limit as its default', () => {
    const { channel, java, membership, receiver, session, store } = settingsWith();
    expect(java).to.include(defaultJavaLimits).and.include(defaultViewLimits);
    expect(session).to.include(defaultSessionLimits);
    expect(store).to.include(defaultStoreLimits);
    expect(membership).to.include(defaultMembershipLimits);
    expect(channel).to.include(defaultChannelLimits);
    expect(receiver).to.include(defaultTransportLimits);
  });

  it('gives every setting a variable of its own', () => {
    const variables = [...settingsByName.keys()].map(variableOf);
    expect(new Set(variables).size).to.equal(variables.length);
    expect(variables).to.include('TRIBES_RECEIVER_PORT').and.include('TRIBES_MEMBERSHIP_DROP_TIME');
    expect(variables).to.include('TRIBES_DATA');
  });
});
