/* An agent in C: reads manifests, then takes orders on its standard input, a line each, and says what it decides.
 *
 *   agent FILE...
 *     decide SOURCE DESTINATION PROTOCOL PORT    whether a packet may pass, and why; addresses, a protocol's number
 *     put FILE                                   puts the objects of a file in place of those of the same names
 *     remove KIND NAMESPACE NAME                 removes an object
 *
 * What a controller does and what a node does is here in one process: the engine stands for the controller, which
 * knows the manifests; the image stands for the node, which decides and gets nothing but deltas. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "portcullis.h"

#define MAX_FILES 64

static int failed(const char *what, int32_t status) {
  fprintf(stderr, "%s: %s: %s\n", what, portcullis_status_name(status), portcullis_error_message());
  return 1;
}

/* Reads a file into a source that the caller frees; gives 0 when that works. */
static int read_source(const char *path, portcullis_source *source) {
  FILE *file = fopen(path, "rb");
  long len = -1;
  char *text = NULL;
  if (file != NULL && fseek(file, 0, SEEK_END) == 0 && (len = ftell(file)) >= 0 && fseek(file, 0, SEEK_SET) == 0)
    text = malloc((size_t)len + 1);
  int good = text != NULL && fread(text, 1, (size_t)len, file) == (size_t)len;
  if (file != NULL) fclose(file);
  if (!good) {
    free(text);
    fprintf(stderr, "%s: cannot be read\n", path);
    return 1;
  }
  source->name = path;
  source->text = text;
  source->len = (size_t)len;
  return 0;
}

/* An address as packets have it: IPv4 as mapped IPv6. Gives 0 when the text is one. */
static int read_address(const char *text, uint8_t address[16]) {
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  memcpy(address, mapped, 12);
  return inet_pton(AF_INET, text, address + 12) != 1 && inet_pton(AF_INET6, text, address) != 1;
}

static void decide(const portcullis_image *node, const portcullis_engine *controller, const char *line) {
  char from[64], to[64];
  unsigned protocol, port;
  portcullis_packet packet;
  portcullis_decision decision;
  portcullis_bytes trace;
  memset(&packet, 0, sizeof packet);
  if (sscanf(line, "%63s %63s %u %u", from, to, &protocol, &port) != 4 || read_address(from, packet.source) != 0 ||
      read_address(to, packet.destination) != 0 || protocol > 255 || port > 65535) {
    printf("not understood: %s\n", line);
    return;
  }
  packet.protocol = (uint8_t)protocol;
  packet.destination_port[0] = (uint8_t)(port & 0xff);
  packet.destination_port[1] = (uint8_t)(port >> 8);
  /* A status need not be looked at to be safe: a decision that was not made reads "denied". */
  portcullis_image_decide(node, &packet, &decision);
  printf("%s -> %s, %u %u: %s (egress %s, ingress %s)\n", from, to, protocol, port,
         decision.verdict == 1 ? "allowed" : "denied", portcullis_reason_name(decision.egress_reason),
         portcullis_reason_name(decision.ingress_reason));
  if (portcullis_engine_explain(controller, &packet, &trace) == PORTCULLIS_OK) {
    printf("  %.*s\n", (int)trace.len, (const char *)trace.data);
    portcullis_bytes_free(&trace);
  }
}

/* Changes what the controller knows, and hands the delta on to the node. */
static void update(portcullis_engine *controller, portcullis_image *node, const portcullis_source *put,
                   const portcullis_object *removed) {
  portcullis_bytes delta, report;
  int32_t status = portcullis_engine_update(controller, put, put != NULL, removed, removed != NULL, &delta, &report);
  if (status == PORTCULLIS_OK) status = portcullis_image_apply(node, delta.data, delta.len);
  if (status == PORTCULLIS_OK)
    printf("updated\n");
  else
    printf("not updated: %s: %s\n", portcullis_status_name(status), portcullis_error_message());
  portcullis_bytes_free(&delta);
  portcullis_bytes_free(&report);
}

int main(int argc, char **argv) {
  portcullis_source sources[MAX_FILES];
  portcullis_engine *controller;
  portcullis_image *node;
  portcullis_bytes bytes;
  size_t count = 0;
  if (portcullis_abi_version() >> 16 != PORTCULLIS_ABI_MAJOR || argc > MAX_FILES) return 2;
  for (int at = 1; at < argc; at++, count++)
    if (read_source(argv[at], &sources[count]) != 0) return 2;
  int32_t status = portcullis_engine_open(sources, count, NULL, &controller, NULL);
  while (count > 0) free((void *)sources[--count].text);
  if (status != PORTCULLIS_OK) return failed("manifests", status);
  if ((status = portcullis_engine_image(controller, &bytes)) != PORTCULLIS_OK) return failed("image", status);
  status = portcullis_image_open(bytes.data, bytes.len, &node);
  portcullis_bytes_free(&bytes);
  if (status != PORTCULLIS_OK) return failed("image", status);

  char line[1024], kind[64], namespace_name[64], name[256];
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = 0;
    portcullis_source source;
    if (strncmp(line, "decide ", 7) == 0) {
      decide(node, controller, line + 7);
    } else if (strncmp(line, "put ", 4) == 0 && read_source(line + 4, &source) == 0) {
      update(controller, node, &source, NULL);
      free((void *)source.text);
    } else if (sscanf(line, "remove %63s %63s %255s", kind, namespace_name, name) == 3) {
      portcullis_object object = {kind, namespace_name, name};
      update(controller, node, NULL, &object);
    } else {
      printf("not understood: %s\n", line);
    }
  }
  portcullis_image_close(node);
  portcullis_engine_close(controller);
  return 0;
}
