import type { ErrorEntries } from './error-entry.js';

export const archiveErrors = {
  TRIBES_E_ARCHIVE_FORMAT: {
    message: 'this is no session archive: {reason}',
    cause: 'The file was not made by "tribes sessions export" or GET /v1/export.',
    remedy: 'Give the name of an archive. A data directory is none: export it with --offline first.',
  },
  TRIBES_E_ARCHIVE_NEWER: {
    message: 'the session archive has format {found}; this version knows formats up to {known}',
    cause: 'A later version of tomcat-tribes has written it.',
    remedy: 'Import it with that version, or have that version export again in a format that this one knows.',
  },
  TRIBES_E_ARCHIVE_CUT: {
    message: 'the session archive breaks off at byte {offset}: {reason}',
    cause: 'The export was interrupted, the disk was full, or the file was not copied whole.',
    remedy: 'Export or copy it again. Nothing has been imported.',
  },
  TRIBES_E_ARCHIVE_DAMAGED: {
    message: 'the session archive is damaged in the part at byte {offset}: {reason}',
    cause: 'Bytes of the file have changed since it was written.',
    remedy: 'Copy it again, or export again. Nothing has been imported.',
  },
  TRIBES_E_ARCHIVE_LIMIT: {
    message:
      'the session archive exceeds a limit in the part at byte {offset}: {what} is {found}, at most {max}',
    cause: 'A single session is larger than an archive can hold, or the file was made to do harm.',
    remedy:
      'Leave the context out that has the session (--context), or have the application keep less in it.',
  },
} as const satisfies ErrorEntries;
