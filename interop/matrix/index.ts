export { matrixCells, runMatrix, type MatrixOptions } from './run-matrix.js';
export { select } from './selection.js';
