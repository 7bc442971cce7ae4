#include "lossy_vfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What is durable of one file; `data` is NULL where the file was never synced.
struct image {
    char path[512];
    unsigned char *data;
    sqlite3_int64 size;
    int exists;
};

enum { images_max = 16 };

static struct image images[images_max];
static char watched[512];
static int ignores_syncs;
static int sync_count;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static sqlite3_vfs *real_vfs;

struct lossy_file {
    sqlite3_file base;
    sqlite3_file *real;
    struct image *image;
};

static struct image *image_of(const char *path) {
    struct image *unused = NULL;
    for (int i = 0; i < images_max; i++) {
        if (images[i].path[0] == 0) {
            if (unused == NULL) unused = &images[i];
        } else if (strcmp(images[i].path, path) == 0) {
            return &images[i];
        }
    }
    if (unused == NULL) abort();
    snprintf(unused->path, sizeof unused->path, "%s", path);
    return unused;
}

// Takes the file as it is now for what is durable.
static int remember(struct lossy_file *file) {
    sqlite3_int64 size = 0;
    int result = file->real->pMethods->xFileSize(file->real, &size);
    if (result != SQLITE_OK) return result;
    unsigned char *data = malloc(size > 0 ? (size_t)size : 1);
    if (data == NULL) return SQLITE_NOMEM;
    if (size > 0) result = file->real->pMethods->xRead(file->real, data, (int)size, 0);
    if (result != SQLITE_OK) {
        free(data);
        return result;
    }
    free(file->image->data);
    file->image->data = data;
    file->image->size = size;
    file->image->exists = 1;
    return SQLITE_OK;
}

static sqlite3_file *real_of(sqlite3_file *file) { return ((struct lossy_file *)file)->real; }

static int close_file(sqlite3_file *file) { return real_of(file)->pMethods->xClose(real_of(file)); }
static int read_file(sqlite3_file *file, void *data, int size, sqlite3_int64 offset) {
    return real_of(file)->pMethods->xRead(real_of(file), data, size, offset);
}
static int write_file(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset) {
    return real_of(file)->pMethods->xWrite(real_of(file), data, size, offset);
}
static int truncate_file(sqlite3_file *file, sqlite3_int64 size) {
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int sync_file(sqlite3_file *file, int flags) {
    pthread_mutex_lock(&guard);
    int result = SQLITE_OK;
    sync_count++;
    if (!ignores_syncs) {
        result = real_of(file)->pMethods->xSync(real_of(file), flags);
        if (result == SQLITE_OK) result = remember((struct lossy_file *)file);
    }
    pthread_mutex_unlock(&guard);
    return result;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}
static int lock_file(sqlite3_file *file, int level) { return real_of(file)->pMethods->xLock(real_of(file), level); }
static int unlock_file(sqlite3_file *file, int level) {
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}
static int check_lock(sqlite3_file *file, int *held) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), held);
}
static int control(sqlite3_file *file, int operation, void *argument) {
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}
static int sector_size(sqlite3_file *file) { return real_of(file)->pMethods->xSectorSize(real_of(file)); }
// None: SQLite must not rely on what a disk may promise about writes it has not synced.
static int characteristics(sqlite3_file *file) {
    (void)file;
    return 0;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_lock,
    .xFileControl = control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
};

static int is_watched(const char *path) {
    return path != NULL && watched[0] != 0 && strncmp(path, watched, strlen(watched)) == 0;
}

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags) {
    (void)vfs;
    pthread_mutex_lock(&guard);
    int watches = is_watched(path);
    pthread_mutex_unlock(&guard);
    if (!watches) return real_vfs->xOpen(real_vfs, path, file, flags, out_flags);
    struct lossy_file *lossy = (struct lossy_file *)file;
    lossy->base.pMethods = NULL;
    lossy->real = (sqlite3_file *)&lossy[1];
    int result = real_vfs->xOpen(real_vfs, path, lossy->real, flags, out_flags);
    if (result != SQLITE_OK) return result;
    lossy->base.pMethods = &methods;
    pthread_mutex_lock(&guard);
    lossy->image = image_of(path);
    sqlite3_int64 size = 0;
    // What was there before is durable; a file that is new is not until it is synced.
    if (!lossy->image->exists && lossy->real->pMethods->xFileSize(lossy->real, &size) == SQLITE_OK && size > 0) {
        result = remember(lossy);
    }
    pthread_mutex_unlock(&guard);
    return result;
}

static int delete_file(sqlite3_vfs *vfs, const char *path, int sync_folder) {
    (void)vfs;
    pthread_mutex_lock(&guard);
    if (is_watched(path)) {
        struct image *image = image_of(path);
        free(image->data);
        memset(image, 0, sizeof *image);
    }
    pthread_mutex_unlock(&guard);
    return real_vfs->xDelete(real_vfs, path, sync_folder);
}

static int access_file(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
    (void)vfs;
    return real_vfs->xAccess(real_vfs, path, flags, result);
}
static int full_path(sqlite3_vfs *vfs, const char *path, int size, char *result) {
    (void)vfs;
    return real_vfs->xFullPathname(real_vfs, path, size, result);
}
static int randomness(sqlite3_vfs *vfs, int size, char *bytes) {
    (void)vfs;
    return real_vfs->xRandomness(real_vfs, size, bytes);
}
static int sleep_for(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    return real_vfs->xSleep(real_vfs, microseconds);
}
static int current_time(sqlite3_vfs *vfs, double *days) {
    (void)vfs;
    return real_vfs->xCurrentTime(real_vfs, days);
}
static int last_error(sqlite3_vfs *vfs, int size, char *text) {
    (void)vfs;
    return real_vfs->xGetLastError(real_vfs, size, text);
}

static sqlite3_vfs lossy_vfs = {
    .iVersion = 1,
    .zName = "lossy",
    .xOpen = open_file,
    .xDelete = delete_file,
    .xAccess = access_file,
    .xFullPathname = full_path,
    .xRandomness = randomness,
    .xSleep = sleep_for,
    .xCurrentTime = current_time,
    .xGetLastError = last_error,
};

int lossy_vfs_register(void) {
    if (real_vfs != NULL) return SQLITE_OK;
    real_vfs = sqlite3_vfs_find(NULL);
    if (real_vfs == NULL) return SQLITE_ERROR;
    lossy_vfs.szOsFile = (int)sizeof(struct lossy_file) + real_vfs->szOsFile;
    lossy_vfs.mxPathname = real_vfs->mxPathname;
    return sqlite3_vfs_register(&lossy_vfs, 1);
}

void lossy_vfs_watch(const char *folder) {
    pthread_mutex_lock(&guard);
    for (int i = 0; i < images_max; i++) {
        free(images[i].data);
        memset(&images[i], 0, sizeof images[i]);
    }
    snprintf(watched, sizeof watched, "%s", folder);
    ignores_syncs = 0;
    sync_count = 0;
    pthread_mutex_unlock(&guard);
}

void lossy_vfs_ignore_syncs(int ignore) {
    pthread_mutex_lock(&guard);
    ignores_syncs = ignore;
    pthread_mutex_unlock(&guard);
}

int lossy_vfs_sync_count(void) {
    pthread_mutex_lock(&guard);
    int count = sync_count;
    pthread_mutex_unlock(&guard);
    return count;
}

int lossy_vfs_crash(const char *folder) {
    int failures = 0;
    pthread_mutex_lock(&guard);
    for (int i = 0; i < images_max; i++) {
        if (!images[i].exists) continue;
        const char *name = strrchr(images[i].path, '/');
        char path[1024];
        snprintf(path, sizeof path, "%s%s", folder, name == NULL ? "/" : name);
        FILE *file = fopen(path, "wb");
        if (file == NULL) {
            failures++;
            continue;
        }
        if (fwrite(images[i].data, 1, (size_t)images[i].size, file) != (size_t)images[i].size) failures++;
        if (fclose(file) != 0) failures++;
    }
    pthread_mutex_unlock(&guard);
    return failures;
}
