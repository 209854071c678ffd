/* Portcullis: decides Kubernetes network policy. The C interface, version 1.0.
 *
 * Two kinds of handle decide packets:
 *
 *   portcullis_image    a compiled cluster that came as bytes, from a controller or a file; deltas bring it up to date.
 *                       What dataplanes want.
 *   portcullis_engine   a cluster read from manifests; it changes object by object, gives images and deltas to others,
 *                       and explains its decisions. What controllers and agents want.
 *
 * Rules that hold everywhere:
 *
 *   - Functions that can fail give a portcullis_status: 0 or a negative number. portcullis_error_message() says more.
 *   - Whatever fails, a decision reads "denied": records are zeroed before anything else is done. Nothing fails open.
 *   - A handle may be used by any number of threads at once, changes included: who decides sees the image as it was
 *     before a change or after it, and never waits. Closing is the exception: nobody else may use the handle by then.
 *   - Pointers may be null only where it says so; null elsewhere is PORTCULLIS_ARGUMENT and not a crash. Whatever a
 *     pointer leads to is read or written during the call only; the library keeps no pointer of yours.
 *   - Texts are UTF-8 and end with a zero.
 *   - No panic leaves the library: a handle in which one happened answers PORTCULLIS_POISONED from then on and denies.
 *     (Build the library with the profile `embed`; with `release`, a panic ends the process.)
 *
 * A minor version adds functions and status codes; a major one may change what is here. */
#ifndef PORTCULLIS_H
#define PORTCULLIS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- version and errors ------------------------------------------------------------------------------------------ */

/* The version that this header is of. */
#define PORTCULLIS_ABI_MAJOR 1
#define PORTCULLIS_ABI_MINOR 0

/* What a call can end with. Numbers and names are stable, and those of the WASM interface mean the same. */
typedef enum portcullis_status {
  PORTCULLIS_OK = 0,
  PORTCULLIS_ARGUMENT = -1,   /* "argument": a pointer, length or stride makes no sense */
  PORTCULLIS_IMAGE = -3,      /* "image": the bytes are no image or no delta, or damaged */
  PORTCULLIS_VERSION = -4,    /* "version": the image is of another version of format or semantics */
  PORTCULLIS_GENERATION = -5, /* "generation": the delta is for another generation; ask for the whole image */
  PORTCULLIS_REQUEST = -10,   /* "request": an option, kind or object is named that is not there */
  PORTCULLIS_MANIFESTS = -11, /* "manifests": no API server would hold these; the report says why */
  PORTCULLIS_POISONED = -12   /* "poisoned": a panic, now or before; close the handle and open a new one */
} portcullis_status;

/* The version of the library: the major one in the upper 16 bits, the minor one in the lower. Anything else than
 * PORTCULLIS_ABI_MAJOR in the upper half means that this header does not fit. */
uint32_t portcullis_abi_version(void);

/* The text of this thread's last failure; empty before the first. It is good until this thread calls the next function
 * that can fail. */
const char *portcullis_error_message(void);

/* The name of a status, such as "generation"; "unknown" for a number that is none. Good for ever. */
const char *portcullis_status_name(int32_t status);

/* The name of a reason, such as "isolated"; see portcullis_decision. Good for ever. */
const char *portcullis_reason_name(uint8_t reason);

/* ---- records ----------------------------------------------------------------------------------------------------- */

/* One packet, 40 bytes without padding. */
typedef struct portcullis_packet {
  uint8_t source[16];          /* the source address in network order; IPv4 as ::ffff:a.b.c.d */
  uint8_t destination[16];     /* the destination address, likewise: after any service has been resolved */
  uint8_t source_port[2];      /* little-endian; 0 where there is none */
  uint8_t destination_port[2]; /* little-endian; 0 where there is none */
  uint8_t protocol;            /* the IP protocol number: 6 is TCP, 17 UDP, 132 SCTP */
  uint8_t flags;               /* PORTCULLIS_FLAG_... */
  uint8_t icmp_type;
  uint8_t icmp_code;
} portcullis_packet;

/* Flags of a packet: what the caller knows and the image does not. */
#define PORTCULLIS_FLAG_VIA_SERVICE 1   /* the destination was a service's address */
#define PORTCULLIS_FLAG_FROM_OWN_NODE 2 /* the source is the node that the destination runs on */
#define PORTCULLIS_FLAG_REPLY 4         /* from the destination of an allowed connection back to its source */
#define PORTCULLIS_FLAG_SKIP_EGRESS 8   /* the egress side is decided elsewhere */
#define PORTCULLIS_FLAG_SKIP_INGRESS 16 /* the ingress side is decided elsewhere */
#define PORTCULLIS_FLAG_TO_OWN_NODE 32  /* the destination is the node that the source runs on */
#define PORTCULLIS_FLAG_ESTABLISHED 64  /* a later packet of a connection that was allowed when it began */
#define PORTCULLIS_FLAG_SAME_POD 128    /* both addresses are one pod's */

/* The answer to a packet, 16 bytes without padding. All zero reads "denied, not evaluated". */
typedef struct portcullis_decision {
  uint8_t verdict;        /* 1 to let the packet pass, 0 to drop it; let nothing pass at any other number */
  uint8_t egress_reason;  /* why the source's policies say so: below 16 is "denied", 16 and up "allowed" */
  uint8_t ingress_reason; /* why the destination's policies say so */
  uint8_t flags;          /* reserved, 0 */
  uint32_t egress_rule;   /* where the image keeps the rule that decided; all ones for none */
  uint32_t ingress_rule;
  uint32_t generation;    /* of the image that answered */
} portcullis_decision;

#define PORTCULLIS_NO_RULE UINT32_MAX

/* Bytes that the library gives to the caller, who gives them back with portcullis_bytes_free. No bytes are null and 0. */
typedef struct portcullis_bytes {
  void *data;
  size_t len;
} portcullis_bytes;

/* Frees bytes and makes them none. `bytes`: as the library gave them, or none, or null; freeing twice is harmless. */
void portcullis_bytes_free(portcullis_bytes *bytes);

/* ---- images ------------------------------------------------------------------------------------------------------ */

/* A compiled cluster. */
typedef struct portcullis_image portcullis_image;

typedef struct portcullis_image_info {
  uint64_t bytes;      /* how long the image is */
  uint64_t atoms;      /* kinds of ends that its policies tell apart */
  uint32_t generation; /* the version of the cluster that it was compiled from */
  uint32_t reserved;   /* 0 */
} portcullis_image_info;

/* Opens an image: copies it and checks every byte once, so that deciding cannot fail.
 *   bytes   `len` bytes at any address; may be null where `len` is 0, which is no image
 *   image   where the handle goes; null goes there when the call fails
 * PORTCULLIS_IMAGE, PORTCULLIS_VERSION. Takes about a millisecond for each 4 MB. */
int32_t portcullis_image_open(const void *bytes, size_t len, portcullis_image **image);

/* Closes an image. `image`: a handle that nobody uses any more, or null. */
void portcullis_image_close(portcullis_image *image);

/* Tells what is known of an image. `info`: where that goes. */
int32_t portcullis_image_describe(const portcullis_image *image, portcullis_image_info *info);

/* Applies a delta, whole or not at all; who decides meanwhile is not disturbed.
 *   delta   `len` bytes that portcullis_engine_update or _replace gave, here or elsewhere
 * PORTCULLIS_GENERATION where it is for another generation (nothing was changed: fetch the whole image and open that),
 * PORTCULLIS_IMAGE where it is damaged. Copies and checks the image once. */
int32_t portcullis_image_apply(const portcullis_image *image, const void *delta, size_t len);

/* Decides one packet.
 *   packet     the packet, at any address
 *   decision   where the answer goes; it is zeroed when the call fails */
int32_t portcullis_image_decide(const portcullis_image *image, const portcullis_packet *packet,
                                portcullis_decision *decision);

/* Decides packets, all by one image: a batch costs less than half of the same calls one by one, from 16 packets up.
 *   packets     `count` packets at any address, each `stride` bytes after the one before; what lies between is ignored,
 *               so that a dataplane may point at its own records. May be null where `count` is 0
 *   stride      40 or more
 *   decisions   where `count` answers go, in order; all are zeroed when the call fails. Must not overlap the packets */
int32_t portcullis_image_decide_batch(const portcullis_image *image, const void *packets, size_t count, size_t stride,
                                      portcullis_decision *decisions);

/* ---- engines ----------------------------------------------------------------------------------------------------- */

/* A cluster read from manifests. */
typedef struct portcullis_engine portcullis_engine;

/* A text of manifests: YAML or JSON, any number of documents, lists included. */
typedef struct portcullis_source {
  const char *name; /* what reports and explanations call it, such as a path */
  const void *text; /* `len` bytes without a zero at the end; may be null where `len` is 0 */
  size_t len;
} portcullis_source;

/* An object by its name. */
typedef struct portcullis_object {
  const char *kind;           /* as manifests have it: "Namespace", "Node", "Pod", "Service", "EndpointSlice",
                               * "Endpoints", a kind of policy such as "NetworkPolicy", or a workload that stands for
                               * its pods, such as "Deployment" */
  const char *namespace_name; /* null or empty for objects that are in none */
  const char *name;
} portcullis_object;

/* Reads manifests and compiles them.
 *   sources   `count` texts; may be null where `count` is 0
 *   options   lines of `key=value` for what is to differ from the specification's reading, such as
 *             "loopback=evaluated\n"; may be null
 *   engine    where the handle goes; null goes there when the call fails
 *   report    where a JSON object {"valid", "objects", "problems": [{"code", "severity", "object", "field", "file",
 *             "line", "column", "message", "help"}]} goes, warnings included, whether the call fails or not, as soon as
 *             the manifests were read; may be null
 * PORTCULLIS_MANIFESTS where any problem is an error, PORTCULLIS_REQUEST for an unknown option. */
int32_t portcullis_engine_open(const portcullis_source *sources, size_t count, const char *options,
                               portcullis_engine **engine, portcullis_bytes *report);

/* Closes an engine. `engine`: a handle that nobody uses any more, or null. */
void portcullis_engine_close(portcullis_engine *engine);

/* Removes objects and puts others, as one transaction: all of it or nothing. What is put replaces what has its name.
 *   put       `put_count` texts; may be null where `put_count` is 0
 *   removed   `removed_count` objects; may be null where `removed_count` is 0
 *   delta     where the delta goes that brings copies of the image up to date; may be null
 *   report    as for portcullis_engine_open; may be null
 * PORTCULLIS_MANIFESTS, or PORTCULLIS_REQUEST where an object is to be removed that is not there. */
int32_t portcullis_engine_update(const portcullis_engine *engine, const portcullis_source *put, size_t put_count,
                                 const portcullis_object *removed, size_t removed_count, portcullis_bytes *delta,
                                 portcullis_bytes *report);

/* Makes the objects those of the texts, whatever they were, in one transaction that touches only what differs. What
 * domain names resolve to stays.
 *   sources, count, report   as for portcullis_engine_open
 *   delta                    as for portcullis_engine_update */
int32_t portcullis_engine_replace(const portcullis_engine *engine, const portcullis_source *sources, size_t count,
                                  portcullis_bytes *delta, portcullis_bytes *report);

/* Says which addresses a domain name has that policies of the cluster name; until then it has none, and rules that
 * accept by it match nothing.
 *   name        such as "api.example.com"
 *   addresses   all addresses that the name has now, `count` times 16 bytes as in packets; may be null where `count` is
 *               0: the name is forgotten
 *   delta       as for portcullis_engine_update
 * PORTCULLIS_REQUEST where `name` is no domain name. */
int32_t portcullis_engine_resolve(const portcullis_engine *engine, const char *name, const void *addresses,
                                  size_t count, portcullis_bytes *delta);

/* Gives a copy of the image, for portcullis_image_open here or elsewhere. `image`: where the bytes go. */
int32_t portcullis_engine_image(const portcullis_engine *engine, portcullis_bytes *image);

/* As portcullis_image_decide, by the engine's newest image. */
int32_t portcullis_engine_decide(const portcullis_engine *engine, const portcullis_packet *packet,
                                 portcullis_decision *decision);

/* As portcullis_image_decide_batch, by the engine's newest image. */
int32_t portcullis_engine_decide_batch(const portcullis_engine *engine, const void *packets, size_t count,
                                       size_t stride, portcullis_decision *decisions);

/* Explains the decision on a packet: which policies were asked, which rule decided or came nearest, file and line.
 *   trace   where a JSON object goes: {"allowed", "egress": {"allowed", "reason", "rule"}, "ingress", "why"}
 * PORTCULLIS_REQUEST where one address is IPv4 and the other IPv6. Flags on nodes and pods are not looked at, as the
 * engine knows them. Waits for updates that are under way, and they for it. */
int32_t portcullis_engine_explain(const portcullis_engine *engine, const portcullis_packet *packet,
                                  portcullis_bytes *trace);

#ifdef __cplusplus
}
#endif

#endif
