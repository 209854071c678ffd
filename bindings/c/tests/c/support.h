/* What the tests share: saying where something is not as it should be. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "portcullis.h"

static int failures;

#define CHECK(condition)                                                                                              \
  do {                                                                                                                \
    if (!(condition)) {                                                                                               \
      fprintf(stderr, "%s:%d: not so: %s (last error: %s)\n", __FILE__, __LINE__, #condition,                         \
              portcullis_error_message());                                                                            \
      failures++;                                                                                                     \
    }                                                                                                                 \
  } while (0)

#endif
