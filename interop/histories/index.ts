export { compareHistories, type FlawCounts, type HistoriesReport } from './comparison.js';
