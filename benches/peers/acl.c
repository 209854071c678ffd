// DPDK's rte_acl as a program: rules and packets in, verdicts and times out, all little-endian.
//
// In:  u32 rules, then for each source, destination (u32 each), port (u16), protocol (u8), one byte of nothing.
//      Then, again and again until the end: u32 packets, each as a rule.
// Out: f64 nanoseconds that building took. Then for each lot of packets: f64 nanoseconds a packet, one at a time;
//      f64 the same, 256 at a time; and a byte a packet, 1 where a rule matches.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_acl.h>
#include <rte_byteorder.h>
#include <rte_eal.h>

struct packet {
	uint32_t source, destination;
	uint16_t port;
	uint8_t protocol, nothing;
};

// As packets have it: big-endian, ports side by side in one word.
struct tuple {
	uint8_t protocol, nothing[3];
	uint32_t source, destination;
	uint16_t source_port, port;
};

enum { PROTOCOL, SOURCE, DESTINATION, SOURCE_PORT, PORT, FIELDS };

RTE_ACL_RULE_DEF(rule, FIELDS);

static const struct rte_acl_field_def fields[FIELDS] = {
	{RTE_ACL_FIELD_TYPE_BITMASK, 1, PROTOCOL, 0, offsetof(struct tuple, protocol)},
	{RTE_ACL_FIELD_TYPE_MASK, 4, SOURCE, 1, offsetof(struct tuple, source)},
	{RTE_ACL_FIELD_TYPE_MASK, 4, DESTINATION, 2, offsetof(struct tuple, destination)},
	{RTE_ACL_FIELD_TYPE_RANGE, 2, SOURCE_PORT, 3, offsetof(struct tuple, source_port)},
	{RTE_ACL_FIELD_TYPE_RANGE, 2, PORT, 3, offsetof(struct tuple, port)},
};

static FILE *answers;

static void die(const char *what)
{
	fprintf(stderr, "rte_acl: %s\n", what);
	exit(1);
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static int read_all(void *to, size_t size)
{
	return fread(to, 1, size, stdin) == size;
}

static struct packet *read_packets(uint32_t *count)
{
	if (!read_all(count, sizeof *count))
		return NULL;
	struct packet *packets = calloc(*count + 1, sizeof *packets);
	if (packets == NULL || !read_all(packets, *count * sizeof *packets))
		die("the input ends too soon");
	return packets;
}

static struct rte_acl_ctx *build(void)
{
	uint32_t count;
	struct packet *packets = read_packets(&count);
	if (packets == NULL)
		die("there are no rules");
	struct rte_acl_param parameters = {
		.name = "bench", .socket_id = SOCKET_ID_ANY, .rule_size = RTE_ACL_RULE_SZ(FIELDS), .max_rule_num = count + 1};
	struct rte_acl_ctx *context = rte_acl_create(&parameters);
	if (context == NULL)
		die("there is no context");
	for (uint32_t number = 0; number < count; number++) {
		struct packet *from = packets + number;
		struct rule rule;
		memset(&rule, 0, sizeof rule);
		rule.data.category_mask = 1;
		rule.data.priority = 1;
		rule.data.userdata = 1;
		rule.field[PROTOCOL].value.u8 = from->protocol;
		rule.field[PROTOCOL].mask_range.u8 = 0xff;
		rule.field[SOURCE].value.u32 = from->source;
		rule.field[SOURCE].mask_range.u32 = 32;
		rule.field[DESTINATION].value.u32 = from->destination;
		rule.field[DESTINATION].mask_range.u32 = 32;
		rule.field[SOURCE_PORT].mask_range.u16 = UINT16_MAX;
		rule.field[PORT].value.u16 = from->port;
		rule.field[PORT].mask_range.u16 = from->port;
		if (rte_acl_add_rules(context, (struct rte_acl_rule *)&rule, 1) != 0)
			die("a rule is refused");
	}
	struct rte_acl_config config = {.num_categories = 1, .num_fields = FIELDS};
	memcpy(config.defs, fields, sizeof fields);
	if (rte_acl_build(context, &config) != 0)
		die("the rules are not built");
	free(packets);
	return context;
}

static double classify(struct rte_acl_ctx *context, const uint8_t **data, uint32_t *found, uint32_t count,
		       uint32_t at_once)
{
	double started = now();
	for (uint32_t first = 0; first < count; first += at_once) {
		uint32_t rest = count - first < at_once ? count - first : at_once;
		rte_acl_classify(context, data + first, found + first, rest, 1);
	}
	return (now() - started) / count;
}

static void answer(struct rte_acl_ctx *context, struct packet *packets, uint32_t count)
{
	struct tuple *tuples = calloc(count + 1, sizeof *tuples);
	const uint8_t **data = calloc(count + 1, sizeof *data);
	uint32_t *found = calloc(count + 1, sizeof *found);
	if (tuples == NULL || data == NULL || found == NULL)
		die("there is no memory");
	for (uint32_t number = 0; number < count; number++) {
		tuples[number].protocol = packets[number].protocol;
		tuples[number].source = rte_cpu_to_be_32(packets[number].source);
		tuples[number].destination = rte_cpu_to_be_32(packets[number].destination);
		tuples[number].port = rte_cpu_to_be_16(packets[number].port);
		data[number] = (const uint8_t *)(tuples + number);
	}
	// The first pass finds the caches full of others' lines.
	classify(context, data, found, count, 256);
	double times[2];
	times[0] = classify(context, data, found, count, 1);
	times[1] = classify(context, data, found, count, 256);
	fwrite(times, sizeof times, 1, answers);
	for (uint32_t number = 0; number < count; number++)
		fputc(found[number] != 0, answers);
	fflush(answers);
	free(tuples);
	free(data);
	free(found);
}

int main(int count, char **arguments)
{
	(void)count;
	// DPDK says things on standard output: answers go there alone, and what it says to standard error.
	answers = fdopen(dup(1), "wb");
	if (answers == NULL || dup2(2, 1) < 0)
		die("there is nowhere to answer to");
	char *options[] = {arguments[0],    "--no-huge", "--no-pci", "--no-telemetry", "--no-shconf",
			   "--log-level=1", "-m",        "2048",     NULL};
	if (rte_eal_init(8, options) < 0)
		die("the environment does not start");
	double started = now();
	struct rte_acl_ctx *context = build();
	double time = now() - started;
	fwrite(&time, sizeof time, 1, answers);
	fflush(answers);
	for (;;) {
		uint32_t packets;
		struct packet *read = read_packets(&packets);
		if (read == NULL)
			return 0;
		answer(context, read, packets);
		free(read);
	}
}
