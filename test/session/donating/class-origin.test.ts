import { expect } from 'chai';
import { isKnownEverywhere, servletPackageOf } from '../../../src/session/donating/class-origin.js';

describe('the origin of a class', () => {
  it('is everywhere for the JDK, primitive types, and what Tomcat itself puts into sessions', () => {
    for (const name of [
      'java.util.ArrayList',
      'java.time.Ser',
      'javax.security.auth.x500.X500Principal',
      'javax.sql.rowset.serial.SerialBlob',
      'sun.util.calendar.ZoneInfo',
      'I',
      'org.apache.catalina.realm.GenericPrincipal$SerializablePrincipal',
    ]) {
      expect(isKnownEverywhere(name), name).to.equal(true);
    }
  });

  it('is an application, or a container, for all others', () => {
    for (const name of [
      'org.example.Cart',
      'javax.servlet.http.Cookie',
      'jakarta.servlet.http.Cookie',
      'javax.faces.application.FacesMessage',
      'javax.xml.bind.JAXBElement',
      'javax.security.auth.message.AuthException',
      'org.apache.catalina.authenticator.SavedRequest',
      'javax.Trick',
      'com.sun.proxy.$Proxy1',
    ]) {
      expect(isKnownEverywhere(name), name).to.equal(false);
    }
  });

  it('tells classes of the servlet API by their package', () => {
    expect(servletPackageOf('javax.servlet.http.Cookie')).to.equal('javax');
    expect(servletPackageOf('jakarta.el.ELException')).to.equal('jakarta');
    expect(servletPackageOf('javax.security.auth.message.AuthException')).to.equal('javax');
    expect(servletPackageOf('javax.security.auth.Subject')).to.equal(null);
    expect(servletPackageOf('org.example.Cart')).to.equal(null);
  });
});
