/* Whatever is handed over, the answer is a status, and every decision reads "denied": nulls, lengths near the end of
 * the numbers, damaged images and deltas, manifests that are none; and threads that decide while others change. */
#include <pthread.h>

#include "support.h"

static const char POD[] = "{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: web, labels: {app: web}}, "
                          "status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}]}}";
static const char DENY[] = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: shop, "
                           "name: deny}, spec: {podSelector: {}, policyTypes: [Ingress]}}";

static portcullis_packet to_web(void) {
  portcullis_packet packet;
  memset(&packet, 0, sizeof packet);
  static const uint8_t from[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
  static const uint8_t to[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};
  memcpy(packet.source, from, 16);
  memcpy(packet.destination, to, 16);
  packet.destination_port[0] = 80;
  packet.protocol = 6;
  return packet;
}

static int is_zero(const void *at, size_t len) {
  const unsigned char *bytes = at;
  while (len > 0 && bytes[len - 1] == 0) len--;
  return len == 0;
}

static portcullis_engine *open_engine(void) {
  portcullis_source sources[] = {{"pod", POD, sizeof POD - 1}, {"deny", DENY, sizeof DENY - 1}};
  portcullis_engine *engine;
  CHECK(portcullis_engine_open(sources, 2, NULL, &engine, NULL) == PORTCULLIS_OK);
  return engine;
}

static void nulls_are_refused(portcullis_engine *engine, portcullis_image *image) {
  portcullis_packet packet = to_web();
  portcullis_decision decision;
  portcullis_bytes bytes = {NULL, 0};
  portcullis_image_info info;
  portcullis_source no_name = {NULL, POD, sizeof POD - 1}, no_text = {"x", NULL, 9};
  portcullis_object no_kind = {NULL, NULL, "x"}, no_object = {"Pod", NULL, NULL};
  portcullis_image *opened = image;
  portcullis_engine *started = engine;
  memset(&decision, 0xff, sizeof decision);
  CHECK(portcullis_image_decide(NULL, &packet, &decision) == PORTCULLIS_ARGUMENT && is_zero(&decision, 16));
  memset(&decision, 0xff, sizeof decision);
  CHECK(portcullis_image_decide(image, NULL, &decision) == PORTCULLIS_ARGUMENT && is_zero(&decision, 16));
  CHECK(strcmp(portcullis_error_message(), "packet is null") == 0);
  CHECK(portcullis_image_decide(image, &packet, NULL) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_image_decide_batch(image, NULL, 1, 40, &decision) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_image_decide_batch(image, &packet, 1, 40, NULL) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_image_decide_batch(image, NULL, 0, 40, NULL) == PORTCULLIS_OK);
  CHECK(portcullis_image_open(NULL, 0, &opened) == PORTCULLIS_IMAGE && opened == NULL);
  CHECK(portcullis_image_open(NULL, 64, &opened) == PORTCULLIS_ARGUMENT && opened == NULL);
  CHECK(portcullis_image_open(&packet, 40, NULL) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_image_describe(image, NULL) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_image_describe(NULL, &info) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_image_apply(NULL, &packet, 40) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_image_apply(image, NULL, 40) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_engine_open(NULL, 1, NULL, &started, NULL) == PORTCULLIS_ARGUMENT && started == NULL);
  CHECK(portcullis_engine_open(&no_name, 1, NULL, &started, NULL) == PORTCULLIS_ARGUMENT && started == NULL);
  CHECK(portcullis_engine_open(&no_text, 1, NULL, &started, NULL) == PORTCULLIS_ARGUMENT && started == NULL);
  CHECK(portcullis_engine_open(NULL, 0, NULL, NULL, NULL) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_engine_update(NULL, NULL, 0, NULL, 0, NULL, NULL) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_engine_update(engine, NULL, 0, &no_kind, 1, NULL, NULL) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_engine_update(engine, NULL, 0, &no_object, 1, NULL, NULL) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_engine_replace(NULL, NULL, 0, NULL, NULL) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_engine_image(engine, NULL) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_engine_decide(NULL, &packet, &decision) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_engine_decide_batch(NULL, &packet, 1, 40, &decision) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_engine_explain(engine, NULL, &bytes) == PORTCULLIS_ARGUMENT && bytes.data == NULL);
  CHECK(portcullis_engine_explain(engine, &packet, NULL) == PORTCULLIS_ARGUMENT);
  portcullis_bytes_free(NULL);
  portcullis_bytes_free(&bytes);
  portcullis_image_close(NULL);
  portcullis_engine_close(NULL);
}

static void lengths_are_refused(portcullis_image *image) {
  portcullis_packet packet = to_web();
  portcullis_decision decision;
  size_t strides[] = {0, 39, SIZE_MAX};
  for (size_t at = 0; at < 3; at++) {
    size_t count = strides[at] == SIZE_MAX ? 2 : 1;
    portcullis_decision two[2];
    memset(two, 0xff, sizeof two);
    CHECK(portcullis_image_decide_batch(image, &packet, count, strides[at], two) == PORTCULLIS_ARGUMENT);
    CHECK(is_zero(two, count * 16));
  }
  CHECK(portcullis_image_decide_batch(image, &packet, SIZE_MAX, 40, &decision) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_image_decide_batch(image, &packet, SIZE_MAX / 16, 48, &decision) == PORTCULLIS_ARGUMENT);
  portcullis_image *none;
  CHECK(portcullis_image_open(&packet, SIZE_MAX, &none) == PORTCULLIS_ARGUMENT);
}

static void damage_is_found_out(const portcullis_bytes *good, portcullis_image *image) {
  portcullis_image *opened;
  char *copy = malloc(good->len + 1);
  for (size_t len = 0; len < good->len; len += len < 512 ? 1 : 4099) {
    memcpy(copy + 1, good->data, len);
    CHECK(portcullis_image_open(copy + 1, len, &opened) == PORTCULLIS_IMAGE && opened == NULL);
  }
  memcpy(copy + 1, good->data, good->len);
  CHECK(portcullis_image_open(copy + 1, good->len, &opened) == PORTCULLIS_OK);
  portcullis_image_close(opened);
  for (size_t at = 0; at < good->len; at += at < 256 ? 1 : 997) {
    copy[at + 1] = (char)(copy[at + 1] ^ 0x40);
    /* Some words of the header are reserved or only told; nothing else may change unnoticed. */
    int32_t status = portcullis_image_open(copy + 1, good->len, &opened);
    CHECK(status == PORTCULLIS_IMAGE || status == PORTCULLIS_VERSION || at < 256);
    portcullis_image_close(opened);
    CHECK(portcullis_image_apply(image, copy + 1, good->len) == PORTCULLIS_IMAGE);
    copy[at + 1] = (char)(copy[at + 1] ^ 0x40);
  }
  free(copy);
}

static const char NAMES[] =
    "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: names}, spec: {"
    "tier: Admin, priority: 1, subject: {namespaces: {}}, egress: ["
    "{action: Accept, to: [{domainNames: [api.example.com]}]}, {action: Deny, to: [{networks: [0.0.0.0/0]}]}]}}";

/* What a name resolves to is said, forgotten, and kept when manifests are replaced. */
static void names_are_resolved(void) {
  static const unsigned char outside[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7};
  portcullis_engine *engine;
  portcullis_image *copy;
  portcullis_bytes bytes;
  portcullis_decision found;
  portcullis_source sources[] = {{"pod", POD, sizeof POD - 1}, {"names", NAMES, sizeof NAMES - 1}};
  portcullis_packet packet = to_web();
  memcpy(packet.source, packet.destination, 16);
  memcpy(packet.destination, outside, 16);
  CHECK(portcullis_engine_open(sources, 2, NULL, &engine, NULL) == PORTCULLIS_OK);
  CHECK(portcullis_engine_image(engine, &bytes) == PORTCULLIS_OK);
  CHECK(portcullis_image_open(bytes.data, bytes.len, &copy) == PORTCULLIS_OK);
  portcullis_bytes_free(&bytes);
  for (int step = 0; step < 3; step++) {
    int32_t status = step == 1 ? portcullis_engine_replace(engine, sources, 2, &bytes, NULL)
                               : portcullis_engine_resolve(engine, "API.example.com.", outside, step == 0, &bytes);
    CHECK(status == PORTCULLIS_OK && portcullis_image_apply(copy, bytes.data, bytes.len) == PORTCULLIS_OK);
    portcullis_bytes_free(&bytes);
    CHECK(portcullis_engine_decide(engine, &packet, &found) == PORTCULLIS_OK && found.verdict == (step < 2));
    CHECK(portcullis_image_decide(copy, &packet, &found) == PORTCULLIS_OK && found.verdict == (step < 2));
  }
  CHECK(portcullis_engine_resolve(engine, "localhost", outside, 1, NULL) == PORTCULLIS_REQUEST);
  CHECK(portcullis_engine_resolve(engine, NULL, outside, 1, NULL) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_engine_resolve(engine, "api.example.com", NULL, 1, NULL) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_engine_resolve(engine, "api.example.com", outside, SIZE_MAX / 8, NULL) == PORTCULLIS_ARGUMENT);
  portcullis_image_close(copy);
  portcullis_engine_close(engine);
}

/* Services come, change and go; packets are never to one, so that none of it changes a decision. */
static void services_come_and_go(void) {
  static const char first[] =
      "{apiVersion: v1, kind: Service, metadata: {namespace: shop, name: s}, spec: {ports: [{port: 1}]}}";
  static const char second[] =
      "{apiVersion: v1, kind: Service, metadata: {namespace: shop, name: s}, spec: {ports: [{port: 2}]}}";
  portcullis_source one = {"one", first, sizeof first - 1}, other = {"other", second, sizeof second - 1};
  portcullis_object gone = {"Service", "shop", "s"};
  portcullis_engine *engine = open_engine();
  CHECK(portcullis_engine_update(engine, &one, 1, NULL, 0, NULL, NULL) == PORTCULLIS_OK);
  CHECK(portcullis_engine_update(engine, &other, 1, NULL, 0, NULL, NULL) == PORTCULLIS_OK);
  CHECK(portcullis_engine_update(engine, NULL, 0, &gone, 1, NULL, NULL) == PORTCULLIS_OK);
  CHECK(portcullis_engine_update(engine, NULL, 0, &gone, 1, NULL, NULL) == PORTCULLIS_REQUEST);
  CHECK(strcmp(portcullis_error_message(), "there is no service `shop/s` to remove") == 0);
  portcullis_engine_close(engine);
}

static void requests_that_make_no_sense_change_nothing(portcullis_engine *engine) {
  portcullis_engine *none;
  portcullis_bytes report, delta;
  portcullis_packet packet = to_web();
  portcullis_decision before, after;
  portcullis_object gone = {"Pod", "shop", "gone"}, odd = {"Secret", "shop", "x"}, deny = {"NetworkPolicy", "shop", "deny"};
  portcullis_source broken = {"broken", "kind: [", 7}, binary = {"binary", "kind: \xff", 7};
  CHECK(portcullis_engine_open(NULL, 0, "loopback", &none, NULL) == PORTCULLIS_REQUEST && none == NULL);
  CHECK(portcullis_engine_open(NULL, 0, "loopback=sometimes\n", &none, NULL) == PORTCULLIS_REQUEST);
  CHECK(portcullis_engine_open(NULL, 0, "\xff", &none, NULL) == PORTCULLIS_ARGUMENT);
  CHECK(portcullis_engine_decide(engine, &packet, &before) == PORTCULLIS_OK && before.verdict == 0);
  CHECK(portcullis_engine_update(engine, NULL, 0, &gone, 1, &delta, NULL) == PORTCULLIS_REQUEST);
  CHECK(strcmp(portcullis_error_message(), "there is no pod `shop/gone` to remove") == 0 && delta.data == NULL);
  CHECK(portcullis_engine_update(engine, NULL, 0, &odd, 1, NULL, NULL) == PORTCULLIS_REQUEST);
  CHECK(portcullis_engine_update(engine, &broken, 1, &deny, 1, &delta, &report) == PORTCULLIS_MANIFESTS);
  CHECK(delta.data == NULL && report.len > 0);
  portcullis_bytes_free(&report);
  portcullis_bytes_free(&report);
  CHECK(portcullis_engine_replace(engine, &binary, 1, NULL, &report) == PORTCULLIS_MANIFESTS);
  portcullis_bytes_free(&report);
  CHECK(portcullis_engine_decide(engine, &packet, &after) == PORTCULLIS_OK);
  CHECK(memcmp(&before, &after, sizeof before) == 0);
  portcullis_packet mixed = packet;
  memset(mixed.source, 0xfd, 16);
  CHECK(portcullis_engine_explain(engine, &mixed, &report) == PORTCULLIS_REQUEST && report.data == NULL);
}

/* ---- threads ---- */

typedef struct shared {
  portcullis_engine *engine;
  portcullis_image *copy;
} shared;

enum { ROUNDS = 200 };

/* Every answer is that of one generation: odd ones are open, even ones denied. */
static void *decide(void *argument) {
  shared *s = argument;
  portcullis_packet packets[16];
  for (size_t at = 0; at < 16; at++) packets[at] = to_web();
  for (int round = 0; round < ROUNDS * 20; round++) {
    portcullis_decision found[16];
    int32_t status = round % 2 == 0 ? portcullis_engine_decide_batch(s->engine, packets, 16, 40, found)
                                    : portcullis_image_decide_batch(s->copy, packets, 16, 40, found);
    if (status != PORTCULLIS_OK) return s;
    for (size_t at = 0; at < 16; at++) {
      if (found[at].generation != found[0].generation || found[at].verdict != found[at].generation % 2) return s;
    }
  }
  return NULL;
}

static void threads_see_whole_transactions(portcullis_engine *engine, portcullis_image *copy) {
  shared s = {engine, copy};
  pthread_t threads[3];
  portcullis_source deny = {"deny", DENY, sizeof DENY - 1};
  portcullis_object gone = {"NetworkPolicy", "shop", "deny"};
  for (size_t at = 0; at < 3; at++) CHECK(pthread_create(&threads[at], NULL, decide, &s) == 0);
  for (int round = 0; round < ROUNDS; round++) {
    portcullis_bytes delta, trace;
    portcullis_packet packet = to_web();
    CHECK((round % 2 == 0 ? portcullis_engine_update(engine, NULL, 0, &gone, 1, &delta, NULL)
                          : portcullis_engine_update(engine, &deny, 1, NULL, 0, &delta, NULL)) == PORTCULLIS_OK);
    CHECK(portcullis_image_apply(copy, delta.data, delta.len) == PORTCULLIS_OK);
    CHECK(portcullis_image_apply(copy, delta.data, delta.len) == PORTCULLIS_GENERATION || round == 0);
    CHECK(portcullis_engine_explain(engine, &packet, &trace) == PORTCULLIS_OK);
    portcullis_bytes_free(&trace);
    portcullis_bytes_free(&delta);
  }
  for (size_t at = 0; at < 3; at++) {
    void *wrong;
    CHECK(pthread_join(threads[at], &wrong) == 0);
    CHECK(wrong == NULL);
  }
}

int main(void) {
  CHECK(sizeof(portcullis_packet) == 40 && sizeof(portcullis_decision) == 16);
  CHECK(portcullis_abi_version() >> 16 == PORTCULLIS_ABI_MAJOR);
  CHECK(strcmp(portcullis_error_message(), "") == 0);
  CHECK(strcmp(portcullis_status_name(PORTCULLIS_GENERATION), "generation") == 0);
  CHECK(strcmp(portcullis_status_name(-99), "unknown") == 0);
  CHECK(strcmp(portcullis_reason_name(1), "isolated") == 0 && strcmp(portcullis_reason_name(16), "rule") == 0);
  CHECK(strcmp(portcullis_reason_name(0), "not-evaluated") == 0);
  portcullis_engine *engine = open_engine();
  portcullis_bytes bytes;
  portcullis_image *image;
  portcullis_image_info info;
  CHECK(portcullis_engine_image(engine, &bytes) == PORTCULLIS_OK);
  CHECK(portcullis_image_open(bytes.data, bytes.len, &image) == PORTCULLIS_OK);
  CHECK(portcullis_image_describe(image, &info) == PORTCULLIS_OK);
  CHECK(info.bytes == bytes.len && info.generation == 0 && info.atoms > 0);
  nulls_are_refused(engine, image);
  lengths_are_refused(image);
  damage_is_found_out(&bytes, image);
  requests_that_make_no_sense_change_nothing(engine);
  names_are_resolved();
  services_come_and_go();
  threads_see_whole_transactions(engine, image);
  portcullis_bytes_free(&bytes);
  portcullis_image_close(image);
  portcullis_engine_close(engine);
  printf("%d not as they should be\n", failures);
  return failures == 0 ? 0 : 1;
}
