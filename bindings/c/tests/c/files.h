/* Reading files. */
#ifndef FILES_H
#define FILES_H

#include <stdio.h>
#include <stdlib.h>

/* A whole file, with a zero after it; null where there is none. */
static char *read_file(const char *path, size_t *len) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return NULL;
  size_t capacity = 4096, used = 0;
  char *bytes = malloc(capacity);
  while (bytes != NULL) {
    used += fread(bytes + used, 1, capacity - used, file);
    if (used < capacity) break;
    capacity *= 2;
    char *larger = realloc(bytes, capacity);
    if (larger == NULL) free(bytes);
    bytes = larger;
  }
  fclose(file);
  if (bytes == NULL) abort();
  bytes[used] = 0;
  if (len != NULL) *len = used;
  return bytes;
}

/* A whole file of a folder that has to be there. */
static char *read_part(const char *folder, const char *name, size_t *len) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  char *bytes = read_file(path, len);
  if (bytes == NULL) {
    fprintf(stderr, "%s: cannot be read\n", path);
    exit(1);
  }
  return bytes;
}

#endif
