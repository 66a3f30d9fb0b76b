import { expect } from 'chai';
import { withoutSecrets } from '../../src/archive/without-secrets.js';
import { plainView, readObject } from '../../src/java/index.js';
import { principalOf } from '../../src/wire/index.js';
import { javaString, jdkStream, sessionRecord } from '../store/session-records.js';
import { wireVectors } from '../wire/wire-vectors.js';

const principals = wireVectors(
  ['05-', '08-'],
  /GenericPrincipal\$SerializablePrincipal$|SerializablePrincipal$/,
);
const SESSION_ID = 'org.apache.catalina.authenticator.SESSION_ID';

describe('a session without its secrets', () => {
  for (const { name, file, bytes } of principals) {
    it(`still has its user, who needs no password (${name} of ${file})`, () => {
      const before = principalOf(readObject(bytes));
      const { record, leftOut } = withoutSecrets(sessionRecord({ principal: bytes }));
      const after = principalOf(readObject(record.principal ?? Buffer.alloc(0)));
      expect(after.password).to.equal(null);
      expect([after.form, after.name, after.roles]).to.deep.equal([before.form, before.name, before.roles]);
      expect(plainView(after.attributes)).to.deep.equal(plainView(before.attributes));
      expect(record.principal?.includes('secret')).to.equal(false);
      if (before.password === null && name !== 'principal-nested') {
        expect(leftOut).to.equal(0);
        expect(record.principal).to.equal(bytes);
      }
    });
  }

  it('has been tried with principals that have a password, also one within another', () => {
    const withPassword = principals.filter(({ bytes }) => bytes.includes('secret'));
    expect(withPassword.map(({ name }) => name)).to.include.members(['principal', 'principal-nested']);
  });

  it('has no principal of a class that may hold anything', () => {
    const { record, leftOut } = withoutSecrets(sessionRecord({ principal: jdkStream('HashMap') }));
    expect([record.principal, leftOut]).to.deep.equal([null, 1]);
  });

  it('has no principal that cannot be read', () => {
    const { record, leftOut } = withoutSecrets(sessionRecord({ principal: Buffer.from('damaged') }));
    expect([record.principal, leftOut]).to.deep.equal([null, 1]);
  });

  it('has no notes but the one that says which session the login form belongs to', () => {
    const harmless = { names: [SESSION_ID], stream: javaString('S1') };
    const notes = [
      { names: ['org.apache.catalina.session.PASSWORD'], stream: javaString('secret') },
      harmless,
      { names: ['org.apache.catalina.authenticator.REQUEST'], stream: javaString('body') },
    ];
    const { record, leftOut } = withoutSecrets(sessionRecord({ notes }));
    expect([record.notes, leftOut]).to.deep.equal([[harmless], 2]);
  });

  it('has no attribute whose value could not be told from what followed it in its message', () => {
    const harmless = { names: ['a'], stream: javaString('1') };
    const attributes = [harmless, { names: ['opaque'], stream: javaString('secret'), uncut: true as const }];
    const notes = [{ names: [SESSION_ID], stream: javaString('secret'), uncut: true as const }];
    const { record, leftOut } = withoutSecrets(sessionRecord({ attributes, notes }));
    expect([record.attributes, record.notes, leftOut]).to.deep.equal([[harmless], [], 2]);
  });

  it('is the session itself where there is no secret', () => {
    const whole = sessionRecord({
      attributes: [{ names: ['password'], stream: javaString('its own affair') }],
    });
    expect(withoutSecrets(whole).record).to.equal(whole);
  });
});
