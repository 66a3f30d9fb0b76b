import { join } from 'node:path';
import ts from 'typescript';

export interface PackageReport {
  /** One line for each export; members of classes and interfaces below. */
  readonly text: string;
  /** Exports that say nothing of themselves. */
  readonly undocumented: readonly string[];
}

/** What the door of the package lets out, read from its types. */
export function packageReport(folder: string): PackageReport {
  const door = join(folder, 'dist/index.d.ts');
  const program = ts.createProgram([door], {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    types: ['node'],
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(door);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) {
    throw new Error(`${door} is no module`);
  }
  const lines: string[] = [];
  const undocumented: string[] = [];
  const exported = checker.getExportsOfModule(module).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const alias of exported) {
    const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias;
    lines.push(`${kindOf(symbol)} ${alias.name}`);
    if (symbol.getDocumentationComment(checker).length === 0) {
      undocumented.push(alias.name);
    }
    for (const member of membersOf(symbol, checker)) {
      lines.push(`  ${member}`);
    }
  }
  return { text: `${lines.join('\n')}\n`, undocumented };
}

function kindOf({ flags }: ts.Symbol): string {
  if (flags & ts.SymbolFlags.Class) {
    return 'class';
  }
  if (flags & ts.SymbolFlags.Function) {
    return 'function';
  }
  return flags & ts.SymbolFlags.Variable ? 'const' : 'type';
}

/** Of classes; what an interface or a type holds is not told apart here. */
function membersOf(symbol: ts.Symbol, checker: ts.TypeChecker): string[] {
  if ((symbol.flags & ts.SymbolFlags.Class) === 0 || symbol.valueDeclaration === undefined) {
    return [];
  }
  const own = (type: ts.Type): string[] =>
    checker
      .getPropertiesOfType(type)
      .filter(
        ({ name, declarations = [] }) =>
          name !== 'prototype' && !name.startsWith('#') && declarations.every(isPublic),
      )
      .map(
        (member) =>
          member.name.replace(/^__@(\w+)@\d+$/, '[Symbol.$1]') +
          (member.flags & ts.SymbolFlags.Method ? '()' : ''),
      );
  const instance = own(checker.getDeclaredTypeOfSymbol(symbol));
  const statics = own(checker.getTypeOfSymbolAtLocation(symbol, symbol.valueDeclaration));
  return [...statics.map((name) => `static ${name}`), ...instance]
    .filter((name) => !name.includes('__#'))
    .sort();
}

function isPublic(declaration: ts.Declaration): boolean {
  return (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) === 0;
}
