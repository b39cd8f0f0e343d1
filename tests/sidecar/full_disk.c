/* A disk that is full, read-only or broken, for one program: preloaded, it lets writes to the files named *sidecar.db* fail with the
   error number in the file $FULL_DISK, as long as that file is there. With EIO, flushing fails too. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int trouble(int fd) {
  char link[64], target[4096], digits[16] = {0};
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, target, sizeof target - 1);
  if (length < 0) return 0;
  target[length] = 0;
  if (!strstr(target, "sidecar.db")) return 0;
  int file = open(getenv("FULL_DISK"), O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t got = read(file, digits, sizeof digits - 1);
  close(file);
  return got > 0 ? atoi(digits) : 0;
}

#define FAIL(when) do { int e = trouble(fd); if (e && (when)) { errno = e; return -1; } } while (0)
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *from, size_t n) { FAIL(1); return NEXT(write)(fd, from, n); }
ssize_t pwrite(int fd, const void *from, size_t n, off_t at) { FAIL(1); return NEXT(pwrite)(fd, from, n, at); }
ssize_t pwrite64(int fd, const void *from, size_t n, off64_t at) { FAIL(1); return NEXT(pwrite64)(fd, from, n, at); }
int ftruncate(int fd, off_t length) { FAIL(1); return NEXT(ftruncate)(fd, length); }
int ftruncate64(int fd, off64_t length) { FAIL(1); return NEXT(ftruncate64)(fd, length); }
int fsync(int fd) { FAIL(e == EIO); return NEXT(fsync)(fd); }
int fdatasync(int fd) { FAIL(e == EIO); return NEXT(fdatasync)(fd); }
