import { expect } from 'chai';
import { plainView, readObject, writeStream, type JavaArray, type JavaObject } from '../../src/java/index.js';
import {
  principalObject,
  principalOf,
  singleSignOnEntryOf,
  singleSignOnListenerObject,
  singleSignOnListenerOf,
  type PrincipalForm,
  type SerialPrincipal,
} from '../../src/wire/index.js';
import { thrownBy } from '../support/errors.js';
import { hex, wireVectors } from './wire-vectors.js';

const principals = wireVectors(['05-'], /GenericPrincipal\$SerializablePrincipal$/);
const listeners = wireVectors(['05-'], /ClusterSingleSignOnListener$/);
const entries = wireVectors(['05-'], /SingleSignOnEntry$/);

function write(principal: SerialPrincipal, form: PrincipalForm): Buffer {
  return writeStream({ contents: [principalObject(principal, form)] });
}

describe('principal', () => {
  for (const { name, file, bytes, fields, dialect } of principals) {
    it(`decodes ${name} of ${file} and is written as its Tomcat does`, () => {
      const principal = principalOf(readObject(bytes));
      expect(principal.form).to.equal(dialect.principalForm);
      expect(principal.password).to.equal(file.includes('9.0.70') ? 'secret' : null);
      expect(principal.name).to.equal(fields['name']);
      if ('roles' in fields) {
        expect(principal.roles).to.deep.equal(fields['roles']);
      }
      const attributes = plainView(principal.attributes);
      const shown = attributes instanceof Map ? (Object.fromEntries(attributes) as unknown) : attributes;
      expect(shown).to.deep.equal(fields['attributes'] ?? null);
      // The others wrap an object of the stream that they came from, with descriptors of its own.
      if (name === 'principal' || name === 'principal-no-roles') {
        expect(hex(write(principal, principal.form))).to.equal(hex(bytes));
      }
    });
  }

  it('may wrap another one', () => {
    for (const { bytes, fields } of principals.filter(({ name }) => name === 'principal-nested')) {
      const { userPrincipal } = principalOf(readObject(bytes));
      expect(principalOf(userPrincipal).name).to.equal(fields['principal']);
    }
  });

  it('can be written for a peer of any line: what its form lacks is left out', () => {
    const [full] = principals.filter(
      ({ name, file }) => name === 'principal-attributes' && file.includes('9.0.70'),
    );
    const principal = principalOf(readObject(full?.bytes ?? Buffer.alloc(0)));
    const kept: readonly [PrincipalForm, readonly ('password' | 'attributes')[]][] = [
      ['ha', ['password']],
      ['password', ['password']],
      ['attributes-password', ['password', 'attributes']],
      ['plain', []],
      ['attributes', ['attributes']],
    ];
    for (const [form, fields] of kept) {
      const seen = principalOf(readObject(write(principal, form)));
      expect(seen).to.deep.equal({
        ...principal,
        form,
        password: fields.includes('password') ? 'secret' : null,
        attributes: fields.includes('attributes') ? principal.attributes : null,
      });
    }
  });

  it('may have no name, no roles and null roles', () => {
    const nobody: SerialPrincipal = {
      form: 'plain',
      name: null,
      password: null,
      roles: null,
      userPrincipal: null,
      attributes: null,
    };
    for (const principal of [nobody, { ...nobody, roles: [null, 'r'] }]) {
      expect(principalOf(readObject(write(principal, 'plain')))).to.deep.equal(principal);
    }
  });

  it('is refused when it is something else', () => {
    thrownBy('TRIBES_E_WIRE_CLASS', () => principalOf(null));
    thrownBy('TRIBES_E_WIRE_CLASS', () => principalOf({ kind: 'string', value: 'alice' }));
  });

  it('is refused when its roles are no strings', () => {
    const [one] = principals.filter(({ name }) => name === 'principal');
    const alice = readObject(one?.bytes ?? Buffer.alloc(0)) as JavaObject;
    const rolesAt = (alice.parts[0]?.values?.length ?? 0) - 1;
    const array = alice.parts[0]?.values?.[rolesAt] as JavaArray;
    for (const roles of [alice, { ...array, elements: [array] }]) {
      const parts = alice.parts.map((part) => ({
        ...part,
        values: part.values?.with(rolesAt, roles) ?? null,
      }));
      const error = thrownBy('TRIBES_E_WIRE_FIELD', () => principalOf({ ...alice, parts }));
      expect(error.message).to.include('roles').and.include('expected String');
    }
  });
});

describe('single sign-on listener', () => {
  for (const { name, file, bytes, fields } of listeners) {
    it(`decodes ${name} of ${file} and is written as its Tomcat does`, () => {
      const listener = singleSignOnListenerOf(readObject(bytes));
      expect(listener).to.deep.equal({ ssoId: fields['ssoId'] });
      expect(hex(writeStream({ contents: [singleSignOnListenerObject(listener)] }))).to.equal(hex(bytes));
    });
  }
});

describe('single sign-on entry', () => {
  for (const { name, file, bytes, fields } of entries) {
    it(`decodes ${name} of ${file}`, () => {
      const entry = singleSignOnEntryOf(readObject(bytes));
      const { authType, canReauthenticate, username, password, sessionKeys, principal } = entry;
      const seen: Record<string, unknown> = {
        authType,
        canReauthenticate,
        username,
        password,
        sessionKeys: sessionKeys.map((key) => [key.hostName, key.contextName, key.sessionId].join('|')),
        principal: principal?.name ?? null,
      };
      for (const [field, value] of Object.entries(fields)) {
        expect(seen[field], field).to.deep.equal(value);
      }
      expect(sessionKeys).to.have.lengthOf('sessionKeys' in fields ? 1 : 0);
    });
  }
});
