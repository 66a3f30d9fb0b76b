import { expect } from 'chai';
import {
  JavaClasses,
  ObjectInputStream,
  defaultJavaLimits,
  defaultViewLimits,
  fromJs,
  jsonView,
  plainView,
  readObject,
  readStream,
  toJava,
  typedView,
  writeStream,
} from '../../src/index.js';
import { thrownBy } from '../support/errors.js';

class Basket {
  items: unknown = [['deep']];
}

/** Functions that take limits take as many as somebody wants to set. */
describe('a limit that a program sets', () => {
  const nested = fromJs([[['deep']]]);
  const bytes = writeStream({ contents: [nested] });
  const classes = new JavaClasses().register(Basket, 'shop.Basket', 1n, {
    fields: { items: 'java.util.List' },
  });

  it('bounds what is read, and leaves the other bounds as they are', () => {
    for (const read of [readStream, readObject]) {
      const { params } = thrownBy('TRIBES_E_JAVA_LIMIT', () => read(bytes, { maxDepth: 2 }));
      expect(params).to.include({ limit: 'maxDepth', max: 2 });
    }
    const open = (): unknown => new ObjectInputStream(bytes, { javaLimits: { maxDepth: 2 } });
    thrownBy('TRIBES_E_JAVA_LIMIT', open);
    expect(readObject(bytes, { maxDepth: 10 })).to.deep.equal(nested);
  });

  it('bounds what is shown', () => {
    thrownBy('TRIBES_E_JAVA_VIEW_LIMIT', () => plainView(nested, { maxViewDepth: 1 }));
    expect(jsonView(nested, { maxViewDepth: 1 })).to.deep.equal([{ '@truncated': 'depth' }]);
    const stream = new ObjectInputStream(bytes, { viewLimits: { maxViewNodes: 2 } });
    thrownBy('TRIBES_E_JAVA_VIEW_LIMIT', () => stream.readObject());
    const basket = toJava(new Basket(), classes);
    thrownBy('TRIBES_E_JAVA_VIEW_LIMIT', () => typedView(basket, Basket, classes, { maxViewDepth: 1 }));
  });

  it('can be told from the default, which is exported', () => {
    expect(defaultJavaLimits.maxDepth).to.equal(10_000);
    expect(defaultViewLimits.maxViewDepth).to.equal(500);
  });
});
