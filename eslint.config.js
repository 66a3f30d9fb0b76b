import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The floors of the house (docs/architecture.md), from the ground up. A room imports only from rooms on floors
 * below its own, and only through their public door, index.ts.
 */
const FLOORS = [
  ['base'],
  ['java'],
  ['wire', 'config'],
  ['membership', 'transport', 'store', 'archive'],
  ['channel'],
  ['session'],
  ['node'],
  ['api', 'library'],
  ['cli'],
];

const rooms = FLOORS.flat();

function boundary(room) {
  const floor = FLOORS.findIndex((names) => names.includes(room));
  const below = FLOORS.slice(0, floor).flat();
  const closed = rooms.filter((name) => name !== room && !below.includes(name));
  const patterns = [];
  if (closed.length > 0) {
    patterns.push({
      regex: `^(\\.\\./)+(${closed.join('|')})/`,
      message: `src/${room} stands on floor ${floor} and imports only from the floors below it`,
    });
  }
  if (below.length > 0) {
    patterns.push({
      regex: `^(\\.\\./)+(${below.join('|')})/(?!index\\.js$)`,
      message: 'enter another room by its public door, index.js',
    });
  }
  return {
    files: [`src/${room}/**/*.ts`],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
  };
}

export default tseslint.config(
  { ignores: ['build*/', 'dist/', 'node_modules/'] },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
    },
  },
  { files: ['eslint.config.js'], ...tseslint.configs.disableTypeChecked },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off', 'no-console': 'off' },
  },
  { files: ['interop/**/*.ts', 'bench/**/*.ts'], rules: { 'no-console': 'off' } },
  ...rooms.map(boundary),
);
