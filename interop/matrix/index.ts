export { playCell } from './play-cell.js';
export { matrixCells, runMatrix, type MatrixOptions } from './run-matrix.js';
export { select } from './selection.js';
