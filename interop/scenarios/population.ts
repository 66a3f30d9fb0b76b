import { APP, Visitor, type Application, type Tomcat } from '../kit/index.js';

const AT_A_TIME = 8;

export interface Population {
  readonly count: number;
  /** Attributes of each session, of types that follow from its number. Default 6. */
  readonly attributes?: number;
  readonly application?: Application;
}

/** Visitors with sessions of mixed types, made at the Tomcats in turn. */
export async function populate(tomcats: readonly Tomcat[], population: Population): Promise<Visitor[]> {
  const { count, attributes = 6, application = APP } = population;
  const visitors = Array.from({ length: count }, () => new Visitor(application));
  await each(visitors, tomcats, (visitor, tomcat, seed) =>
    visitor.act(tomcat, 'set-some', { seed, count: attributes }),
  );
  return visitors;
}

/** Every visitor does something, at the Tomcats in turn, a few at a time. */
export async function each(
  visitors: readonly Visitor[],
  tomcats: readonly Tomcat[],
  act: (visitor: Visitor, tomcat: Tomcat, number: number) => Promise<unknown>,
): Promise<void> {
  const turns = visitors.entries();
  const worker = async (): Promise<void> => {
    for (const [number, visitor] of turns) {
      const tomcat = tomcats[number % tomcats.length];
      if (tomcat !== undefined) {
        await act(visitor, tomcat, number);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}
