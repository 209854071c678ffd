/* The corpus, answered through the C interface: images from files, images under deltas, engines from manifests, and
 * engines led from case to case with a copy of their image behind them. `core/spec/src/bin/export.rs` says what lies
 * where. */
#include <arpa/inet.h>

#include "files.h"
#include "support.h"

#define MAX_SOURCES 64

static size_t decided;

/* Packets with the answers that are right. */
typedef struct questions {
  char *packets, *decisions, *rules;
  size_t count;
} questions;

static questions read_questions(const char *folder) {
  questions q;
  size_t packet_bytes, decision_bytes;
  q.packets = read_part(folder, "packets", &packet_bytes);
  q.decisions = read_part(folder, "decisions", &decision_bytes);
  q.rules = read_part(folder, "rules", NULL);
  q.count = packet_bytes / sizeof(portcullis_packet);
  CHECK(packet_bytes == q.count * 40 && decision_bytes == q.count * 16);
  return q;
}

static void free_questions(questions *q) {
  free(q->packets);
  free(q->decisions);
  free(q->rules);
}

/* An image gives the very bytes: one by one, in a batch, and in one with something between the packets. */
static void check_image(const portcullis_image *image, const questions *q, const char *title) {
  enum { STRIDE = 56 };
  portcullis_decision *found = calloc(q->count + 1, sizeof *found);
  CHECK(portcullis_image_decide_batch(image, q->packets, q->count, 40, found) == PORTCULLIS_OK);
  if (memcmp(found, q->decisions, q->count * 16) != 0) {
    fprintf(stderr, "%s: the batch is not as it should be\n", title);
    failures++;
  }
  char *apart = malloc(q->count * STRIDE + 1);
  memset(apart, 0xaa, q->count * STRIDE);
  for (size_t at = 0; at < q->count; at++) memcpy(apart + at * STRIDE, q->packets + at * 40, 40);
  memset(found, 0xff, q->count * sizeof *found);
  CHECK(portcullis_image_decide_batch(image, apart, q->count, STRIDE, found) == PORTCULLIS_OK);
  CHECK(memcmp(found, q->decisions, q->count * 16) == 0);
  for (size_t at = 0; at < q->count; at++) {
    const portcullis_packet *packet = (const portcullis_packet *)(q->packets + at * 40);
    CHECK(portcullis_image_decide(image, packet, found) == PORTCULLIS_OK);
    CHECK(memcmp(found, q->decisions + at * 16, 16) == 0);
    decided++;
  }
  free(apart);
  free(found);
}

/* Whether a side of an explanation names a rule as the corpus does: `-` for none, else `namespace/policy path`, or
 * `Kind policy path` of one in no namespace. */
static int names_rule(const char *trace, const char *side, const char *rule, size_t len) {
  char key[32], wanted[1024];
  snprintf(key, sizeof key, "\"%s\":{\"allowed\"", side);
  const char *object = strstr(trace, key);
  const char *found = object == NULL ? NULL : strstr(object, "\"rule\":");
  if (found == NULL) return 0;
  if (len == 1 && *rule == '-') return strncmp(found, "\"rule\":null", 11) == 0;
  const char *path = rule + len;
  while (path > rule && *path != ' ') path--;
  if (path == rule) return 0;
  const char *space = memchr(rule, ' ', (size_t)(path - rule)), *policy = space == NULL ? rule : space + 1;
  const char *kind = space == NULL ? "NetworkPolicy" : rule;
  int kind_len = space == NULL ? (int)strlen(kind) : (int)(space - rule);
  snprintf(wanted, sizeof wanted, "\"kind\":\"%.*s\",\"policy\":\"%.*s\",\"path\":\"%.*s\"", kind_len, kind,
           (int)(path - policy), policy, (int)(rule + len - path - 1), path + 1);
  const char *end = strchr(found, '}');
  const char *at = strstr(found, wanted);
  return at != NULL && end != NULL && at < end;
}

/* An engine gives the verdicts and the reasons, and explains with the rules; where it keeps those is its own. */
static void check_engine(const portcullis_engine *engine, const questions *q, const char *title) {
  const char *rules = q->rules;
  for (size_t at = 0; at < q->count; at++) {
    const portcullis_packet *packet = (const portcullis_packet *)(q->packets + at * 40);
    portcullis_decision one, in_batch;
    portcullis_bytes trace;
    CHECK(portcullis_engine_decide(engine, packet, &one) == PORTCULLIS_OK);
    CHECK(portcullis_engine_decide_batch(engine, packet, 1, 40, &in_batch) == PORTCULLIS_OK);
    CHECK(memcmp(&one, &in_batch, sizeof one) == 0);
    if (memcmp(&one, q->decisions + at * 16, 3) != 0) {
      fprintf(stderr, "%s: packet %zu is not as it should be\n", title, at);
      failures++;
    }
    CHECK(portcullis_engine_explain(engine, packet, &trace) == PORTCULLIS_OK);
    char *text = calloc(trace.len + 1, 1);
    memcpy(text, trace.data, trace.len);
    CHECK(strncmp(text, one.verdict ? "{\"allowed\":true" : "{\"allowed\":false", 15) == 0);
    const char *tab = strchr(rules, '\t'), *end = strchr(rules, '\n');
    CHECK(names_rule(text, "egress", rules, (size_t)(tab - rules)));
    CHECK(names_rule(text, "ingress", tab + 1, (size_t)(end - tab - 1)));
    rules = end + 1;
    free(text);
    portcullis_bytes_free(&trace);
  }
}

/* Tells an engine, and a copy of its image if there is one, what domain names resolve to: lines of a name and its
 * addresses. */
static void resolve(const portcullis_engine *engine, const portcullis_image *copy, const char *lines, int known) {
  char name[256], word[64];
  while (sscanf(lines, "%255s", name) == 1) {
    unsigned char addresses[16][16];
    size_t count = 0;
    const char *end = strchr(lines, '\n');
    for (lines += strlen(name); count < 16 && lines < end && sscanf(lines, " %63s", word) == 1; count++) {
      int is_v4 = strchr(word, ':') == NULL;
      memcpy(addresses[count], "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
      CHECK(inet_pton(is_v4 ? AF_INET : AF_INET6, word, addresses[count] + (is_v4 ? 12 : 0)) == 1);
      lines += strlen(word) + 1;
    }
    CHECK(lines == end);
    portcullis_bytes delta;
    CHECK(portcullis_engine_resolve(engine, name, addresses, known ? count : 0, &delta) == PORTCULLIS_OK);
    if (copy != NULL) CHECK(portcullis_image_apply(copy, delta.data, delta.len) == PORTCULLIS_OK);
    portcullis_bytes_free(&delta);
    lines = end + 1;
  }
}

/* One engine for each set of options, with a copy of its image that only deltas reach. */
typedef struct chain {
  char *options;
  portcullis_engine *engine;
  portcullis_image *copy;
} chain;

static chain *chains;
static size_t chain_count;

static void check_chain(const char *options, const portcullis_source *sources, size_t count, const char *resolved,
                        const questions *q, const char *title) {
  size_t at = 0;
  portcullis_bytes bytes;
  while (at < chain_count && strcmp(chains[at].options, options) != 0) at++;
  if (at == chain_count) chains = realloc(chains, (chain_count + 1) * sizeof *chains);
  chain *c = &chains[at];
  if (at == chain_count) {
    chain_count++;
    c->options = malloc(strlen(options) + 1);
    strcpy(c->options, options);
    CHECK(portcullis_engine_open(NULL, 0, options, &c->engine, NULL) == PORTCULLIS_OK);
    CHECK(portcullis_engine_image(c->engine, &bytes) == PORTCULLIS_OK);
    CHECK(portcullis_image_open(bytes.data, bytes.len, &c->copy) == PORTCULLIS_OK);
    portcullis_bytes_free(&bytes);
  }
  CHECK(portcullis_engine_replace(c->engine, sources, count, &bytes, NULL) == PORTCULLIS_OK);
  CHECK(portcullis_image_apply(c->copy, bytes.data, bytes.len) == PORTCULLIS_OK);
  portcullis_bytes_free(&bytes);
  if (resolved != NULL) resolve(c->engine, c->copy, resolved, 1);
  for (size_t number = 0; number < q->count; number++) {
    portcullis_decision ours, copys;
    const portcullis_packet *packet = (const portcullis_packet *)(q->packets + number * 40);
    CHECK(portcullis_engine_decide(c->engine, packet, &ours) == PORTCULLIS_OK);
    CHECK(portcullis_image_decide(c->copy, packet, &copys) == PORTCULLIS_OK);
    CHECK(memcmp(&ours, &copys, sizeof ours) == 0);
    if (memcmp(&ours, q->decisions + number * 16, 3) != 0) {
      fprintf(stderr, "%s: packet %zu is not as it should be after deltas\n", title, number);
      failures++;
    }
  }
  if (resolved != NULL) resolve(c->engine, c->copy, resolved, 0);
}

static void run_case(const char *folder) {
  char *title = read_part(folder, "title", NULL), *options = read_part(folder, "options", NULL);
  char *names = read_part(folder, "names", NULL), *texts[MAX_SOURCES];
  portcullis_source sources[MAX_SOURCES];
  size_t count = 0;
  for (char *name = strtok(names, "\n"); name != NULL; name = strtok(NULL, "\n")) {
    char part[32];
    if (count == MAX_SOURCES) abort();
    snprintf(part, sizeof part, "sources/%02zu", count);
    texts[count] = read_part(folder, part, &sources[count].len);
    sources[count].name = name;
    sources[count].text = texts[count];
    count++;
  }
  char path[4096];
  snprintf(path, sizeof path, "%s/refused", folder);
  char *refused = read_file(path, NULL);
  snprintf(path, sizeof path, "%s/resolved", folder);
  char *resolved = read_file(path, NULL);
  portcullis_engine *engine;
  portcullis_bytes report;
  int32_t status = portcullis_engine_open(sources, count, options, &engine, &report);
  char *problems = calloc(report.len + 1, 1);
  memcpy(problems, report.data, report.len);
  if (refused != NULL) {
    CHECK(status == PORTCULLIS_MANIFESTS && engine == NULL);
    CHECK(strncmp(problems, "{\"valid\":false", 14) == 0);
    for (char *code = strtok(refused, "\n"); code != NULL; code = strtok(NULL, "\n")) {
      char wanted[256];
      snprintf(wanted, sizeof wanted, "\"code\":\"%s\"", code);
      CHECK(strstr(problems, wanted) != NULL);
    }
  } else {
    CHECK(status == PORTCULLIS_OK && strncmp(problems, "{\"valid\":true", 13) == 0);
    questions q = read_questions(folder);
    size_t len;
    char *bytes = read_part(folder, "image", &len);
    portcullis_image *image;
    CHECK(portcullis_image_open(bytes, len, &image) == PORTCULLIS_OK);
    check_image(image, &q, title);
    if (resolved != NULL) resolve(engine, NULL, resolved, 1);
    check_engine(engine, &q, title);
    check_chain(options, sources, count, resolved, &q, title);
    portcullis_image_close(image);
    free(bytes);
    free_questions(&q);
  }
  portcullis_engine_close(engine);
  portcullis_bytes_free(&report);
  free(problems);
  free(refused);
  free(resolved);
  while (count > 0) free(texts[--count]);
  free(names);
  free(options);
  free(title);
}

static void run_deltas(const char *folder) {
  size_t len;
  char *bytes = read_part(folder, "image", &len), step[4096], path[4200];
  portcullis_image *image;
  CHECK(portcullis_image_open(bytes, len, &image) == PORTCULLIS_OK);
  free(bytes);
  for (int number = 1;; number++) {
    snprintf(step, sizeof step, "%s/steps/%04d", folder, number);
    snprintf(path, sizeof path, "%s/title", step);
    char *title = read_file(path, NULL);
    if (title == NULL) break;
    char *delta = read_part(step, "patch", &len);
    CHECK(portcullis_image_apply(image, delta, len) == PORTCULLIS_OK);
    CHECK(portcullis_image_apply(image, delta, len / 2) == PORTCULLIS_IMAGE);
    questions q = read_questions(step);
    check_image(image, &q, title);
    free_questions(&q);
    free(delta);
    free(title);
  }
  portcullis_image_close(image);
}

int main(int argc, char **argv) {
  char folder[2048], path[4096];
  if (argc != 2) return 2;
  int cases = 0, sets = 0;
  for (;; cases++) {
    snprintf(folder, sizeof folder, "%s/cases/%04d", argv[1], cases + 1);
    snprintf(path, sizeof path, "%s/title", folder);
    char *title = read_file(path, NULL);
    if (title == NULL) break;
    free(title);
    run_case(folder);
  }
  for (;; sets++) {
    snprintf(folder, sizeof folder, "%s/chains/%02d", argv[1], sets);
    snprintf(path, sizeof path, "%s/image", folder);
    char *image = read_file(path, NULL);
    if (image == NULL) break;
    free(image);
    run_deltas(folder);
  }
  while (chain_count > 0) {
    chain *c = &chains[--chain_count];
    portcullis_engine_close(c->engine);
    portcullis_image_close(c->copy);
    free(c->options);
  }
  free(chains);
  CHECK(cases > 300 && sets > 1 && decided > 1500);
  printf("%d cases, %d chains of deltas, %zu packets, %d not as they should be\n", cases, sets, decided, failures);
  return failures == 0 ? 0 : 1;
}
