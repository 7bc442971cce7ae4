// A disk that loses what was not synced: an SQLite file system layer over the default one, for files under one folder.
// Reads and writes go through; beside them it keeps, for each file, the bytes as of its last sync, which is what a
// power failure may leave.

#ifndef LOSSY_VFS_H
#define LOSSY_VFS_H

/// Registers the layer as SQLite's default; files outside the folders under watch are none of its business. Returns an
/// SQLite result code.
int lossy_vfs_register(void);

/// Watches files whose path begins with `folder`, from an empty memory on. One folder at a time.
void lossy_vfs_watch(const char *folder);

/// With 1, syncs succeed and do nothing: a disk that lies.
void lossy_vfs_ignore_syncs(int ignore);

/// Number of syncs since `lossy_vfs_watch`.
int lossy_vfs_sync_count(void);

/// Writes what a power failure would leave of every watched file into `folder`, under the files' own names. 0 on
/// success.
int lossy_vfs_crash(const char *folder);

#endif
