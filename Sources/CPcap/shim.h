#include <stdio.h>
#include <pcap/pcap.h>

/* fopencookie(3) of the GNU C library under a name of our own: its declaration needs _GNU_SOURCE, which a module
   cannot switch on. The structure is cookie_io_functions_t, member by member. */
struct capture_stream_functions {
    ssize_t (*read)(void *cookie, char *buffer, size_t size);
    ssize_t (*write)(void *cookie, const char *buffer, size_t size);
    int (*seek)(void *cookie, off_t *offset, int whence);
    int (*close)(void *cookie);
};
FILE *capture_stream_open(void *cookie, const char *mode, struct capture_stream_functions functions)
    __asm__("fopencookie");
