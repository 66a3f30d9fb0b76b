import { expect } from 'chai';
import { systemClock } from '../../../src/base/index.js';
import { interceptorFactory } from '../../../src/channel/index.js';
import { replaceProperties } from '../../../src/config/server-xml/replace-properties.js';
import { TOMCAT_CLASSES } from '../../../src/config/server-xml/tomcat-classes.js';
import { recordingLogger } from '../../support/recording-logger.js';
import { interceptorContext } from '../../channel/layers.js';
import { compileJava, describeWithJvm, runJava, sourceFile } from '../../support/jvm.js';

const PROPERTIES = new Map([
  ['a', '1'],
  ['b', '${a}2'],
  ['c', '${c}'],
  ['n', 'a'],
]);

const TEXTS = [
  ...[
    '${a}',
    'x${a}y${b}',
    '$${a}',
    '${zz}',
    '${zz:-d}',
    '${a:-d}',
    '${zz:-}',
    '${zz:-${a}}',
    '${',
    '${a',
    '$a',
  ],
  ...['$', '${}', '${c}', '${${n}}', 'a}b', '${zz:-a:-b}', '$$', '${zz:-x', 'plain', '${b}${b}'],
];

for (const tomcat of ['10.1', '9'] as const) {
  describeWithJvm(`server.xml beside Tomcat ${tomcat}`, { tomcat }, (classPath) => {
    let answers: string[];

    before(async function () {
      this.timeout(60_000);
      const directory = await compileJava([sourceFile('test/config/jvm/ClassProperties.java')], classPath);
      const questions = [
        ...TOMCAT_CLASSES.map(({ name }) => `class ${name}`),
        ...TEXTS.map((text) => `replace ${text}`),
      ];
      const output = await runJava(
        { classPath: [directory, classPath], mainClass: 'ClassProperties' },
        Buffer.from(questions.map((line) => `${line}\n`).join('')),
      );
      answers = output.toString('utf8').split('\n').slice(0, -1);
    });

    it('every attribute of every class is known here, and no other', () => {
      const unknown: string[] = [];
      TOMCAT_CLASSES.forEach(({ name, attributes, internal = [] }, i) => {
        const theirs = answers[i];
        if (theirs === '-' || theirs === undefined) {
          return;
        }
        const known = new Set([...Object.keys(attributes), ...internal]);
        for (const property of theirs.split(' ').filter((it) => it !== '' && !known.has(it))) {
          unknown.push(`${name} ${property}`);
        }
      });
      expect(unknown).to.deep.equal([]);
    });

    if (tomcat === '10.1') {
      it('properties are put in as Tomcat does', () => {
        const ours = TEXTS.map((text) => replaceProperties(text, (name) => PROPERTIES.get(name)));
        expect(ours).to.deep.equal(answers.slice(TOMCAT_CLASSES.length));
      });
    }
  });
}

describe('the classes of server.xml', () => {
  it('have no attribute that Tomcat does not have', () => {
    const named = TOMCAT_CLASSES.flatMap(({ attributes, internal = [] }) => [
      ...Object.keys(attributes),
      ...internal,
    ]);
    expect(named.every((name) => /^[a-z][A-Za-z0-9]*$/.test(name))).to.be.true;
    expect(new Set(TOMCAT_CLASSES.map(({ name }) => name)).size).to.equal(TOMCAT_CLASSES.length);
  });

  /** Where an attribute of Tomcat is not a number, and not true or false. */
  const VALUES: Readonly<Record<string, string>> = {
    domain: 'east',
    encryptionAlgorithm: 'AES/CBC/PKCS5Padding',
    encryptionKey: 'cafebabedeadbeefcafebabedeadbeef',
    providerName: 'SunJCE',
  };

  /** Those without which an interceptor is none. */
  const REQUIRED: Readonly<Record<string, readonly string[]>> = { EncryptInterceptor: ['encryptionKey'] };

  const interceptors = TOMCAT_CLASSES.filter(({ element }) => element === 'Interceptor');
  for (const { name: className, attributes } of interceptors) {
    const simpleName = className.slice(className.lastIndexOf('.') + 1);
    for (const [name, use] of Object.entries(attributes)) {
      it(`${simpleName} takes ${name}, or says that it has no effect`, () => {
        expect(use.kind).to.equal('interceptor');
        const { logger, lines } = recordingLogger();
        const required = (REQUIRED[simpleName] ?? []).map((it) => [it, VALUES[it] ?? ''] as const);
        const accepted = [VALUES[name] ?? '5000', 'true'].filter((value) => {
          try {
            const given = new Map([...required, [name, value]]);
            interceptorFactory({ className, attributes: given })(
              interceptorContext(systemClock, undefined, logger),
            );
            return true;
          } catch {
            return false;
          }
        });
        expect(accepted).not.to.eql([]);
        const warned = lines('warn').map(({ fields }) => fields as { attribute?: string });
        expect(warned.every(({ attribute = name }) => attribute === name)).to.equal(true);
      });
    }
  }
});
