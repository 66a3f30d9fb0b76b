export { ARCHIVE_TYPE, type ArchiveHeader, type ArchiveSummary } from './archive.js';
export { ArchiveReader } from './archive-reader.js';
export { writeArchive } from './archive-writer.js';
