import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { sourceFile } from '../../support/jvm.js';
import { INTERCEPTOR_NAMES, systemClock, type InterceptorName } from '../../../src/base/index.js';
import { checkOptionFlags } from '../../../src/channel/channel-interceptor.js';
import {
  attributeNames,
  DEFAULT_INTERCEPTORS,
  interceptorFactory,
  statisticsHelp,
} from '../../../src/channel/interceptors/registry.js';
import { thrownBy } from '../../support/errors.js';
import { recordingLogger } from '../../support/recording-logger.js';
import { interceptorContext } from '../layers.js';
import { interceptorSuite, type SuiteOptions } from './interceptor-suite.js';

const PACKAGE = 'org.apache.catalina.tribes.group.interceptors.';

const SUITES: Partial<Record<InterceptorName, SuiteOptions>> = {
  EncryptInterceptor: {
    attributes: { encryptionKey: '00112233445566778899aabbccddeeff' },
    changesMessages: true,
  },
  FragmentationInterceptor: { attributes: { maxSize: '10' }, changesMessages: true },
  GzipInterceptor: { changesMessages: true },
  OrderInterceptor: { changesMessages: true },
  TwoPhaseCommitInterceptor: { changesMessages: true },
};

function make(
  className: string,
  attributes: Readonly<Record<string, string>> = {},
  logger = recordingLogger().logger,
) {
  const factory = interceptorFactory({ className, attributes: new Map(Object.entries(attributes)) });
  return factory(interceptorContext(systemClock, undefined, logger));
}

describe('interceptorFactory', () => {
  it('knows each interceptor by its class name, with or without the package', () => {
    expect(make('TcpFailureDetector').name).to.equal('TcpFailureDetector');
    expect(make(`${PACKAGE}TcpFailureDetector`).name).to.equal('TcpFailureDetector');
    expect(make(`${PACKAGE}MessageDispatchInterceptor`).name).to.equal('MessageDispatchInterceptor');
  });

  it('takes MessageDispatch15Interceptor for the same as MessageDispatchInterceptor', () => {
    expect(make(`${PACKAGE}MessageDispatch15Interceptor`).name).to.equal('MessageDispatchInterceptor');
  });

  it('has as its default stack what SimpleTcpCluster adds', () => {
    expect(DEFAULT_INTERCEPTORS.map(({ className }) => className)).to.eql([
      'MessageDispatchInterceptor',
      'TcpFailureDetector',
    ]);
  });

  it('reads the attributes', () => {
    expect(make('TcpFailureDetector', { optionFlag: '512', performReadTest: 'true' }).optionFlag).to.equal(
      512,
    );
  });

  it('refuses an interceptor that it does not know, and names those that it knows', () => {
    const error = thrownBy('TRIBES_E_CHANNEL_INTERCEPTOR', () => make('TcpFailureDetektor'));
    expect(error.message).to.contain('TcpFailureDetektor').and.contain('MessageDispatchInterceptor');
  });

  for (const [attribute, value, expected] of [
    ['connectTimeout', '0', 'a whole number from 1 to 2147483647'],
    ['connectTimeout', '1s', 'a whole number from 1 to 2147483647'],
    ['performSendTest', 'yes', 'true or false'],
    ['constructor', '1', 'one of the attributes optionFlag, connectTimeout'],
  ] as const) {
    it(`refuses ${attribute}="${value}"`, () => {
      const error = thrownBy('TRIBES_E_CHANNEL_INTERCEPTOR_ATTRIBUTE', () =>
        make('TcpFailureDetector', { [attribute]: value }),
      );
      expect(error.message).to.contain(`${attribute}="${value}"`).and.contain(expected);
    });
  }

  for (const name of INTERCEPTOR_NAMES) {
    it(`has a word about each of the statistics of ${name}`, () => {
      const { counters, gauges } = statisticsHelp(name);
      const explained = [...Object.keys(counters), ...Object.keys(gauges)];
      expect(Object.keys(make(name, SUITES[name]?.attributes).statistics())).to.have.members(explained);
    });
  }

  it('has every interceptor with its attributes in docs/interceptors.md', () => {
    const page = readFileSync(sourceFile('docs/interceptors.md'), 'utf8').split('\n');
    for (const name of INTERCEPTOR_NAMES) {
      const row = page.find((line) => line.startsWith('| `') && line.includes(`\`${name}\``));
      const [, , attributes = ''] = row?.split('|') ?? [];
      const written = [...attributes.matchAll(/`(\w+)`/g)].map(([, attribute]) => attribute);
      expect(written, name).to.have.members(attributeNames(name));
    }
  });

  it('takes attributes about threads, and says that they have no effect', () => {
    const { logger, lines } = recordingLogger();
    make('MessageDispatchInterceptor', { maxThreads: '10', maxQueueSize: '1000' }, logger);
    expect(lines('warn').map(({ fields }) => fields)).to.eql([
      { interceptor: 'MessageDispatchInterceptor', attribute: 'maxThreads' },
    ]);
  });
});

describe('checkOptionFlags', () => {
  it('lets interceptors without flag, and those with flags of their own, stand together', () => {
    const interceptors = [
      make('MessageDispatchInterceptor'),
      make('TcpFailureDetector'),
      make('TcpFailureDetector', { optionFlag: '16' }),
    ];
    expect(() => checkOptionFlags(interceptors)).not.to.throw();
  });

  it('refuses a flag that holds another', () => {
    const interceptors = [
      make('MessageDispatchInterceptor'),
      make('TcpFailureDetector', { optionFlag: '24' }),
    ];
    const error = thrownBy('TRIBES_E_CHANNEL_OPTION_FLAGS', () => checkOptionFlags(interceptors));
    expect(error.message).to.contain('MessageDispatchInterceptor (8) and TcpFailureDetector (24)');
  });
});

INTERCEPTOR_NAMES.forEach((name) => interceptorSuite(name, SUITES[name]));
