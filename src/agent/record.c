/* SPDX-License-Identifier: Apache-2.0 */
#include "agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static uint64_t rotate(uint64_t value, int bits)
{
	return (value << bits) | (value >> (64 - bits));
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

static void sip_bytes(uint64_t v[4], const char *data, size_t bytes)
{
	uint64_t word;

	for (; bytes >= 8; data += 8, bytes -= 8) {
		memcpy(&word, data, 8);
		sip_word(v, word);
	}
	word = (uint64_t)bytes << 56;
	memcpy(&word, data, bytes);
	sip_word(v, word);
}

/* SipHash-1-3 (Aumasson and Bernstein) over what makes two events the same, strings with their
 * lengths. */
static uint64_t record_hash(const struct agent *agent, const struct agent_record *record,
			    const struct text *strings, size_t count)
{
	uint64_t v[4] = {
		agent->key[0] ^ 0x736f6d6570736575ull, agent->key[1] ^ 0x646f72616e646f6dull,
		agent->key[0] ^ 0x6c7967656e657261ull, agent->key[1] ^ 0x7465646279746573ull};

	sip_word(v, (uint64_t)record->kind << 32 | (uint64_t)record->op << 16 | record->state);
	for (int i = 0; i < 3; i++)
		sip_word(v, record->value[i]);
	for (size_t i = 0; i < count; i++) {
		sip_word(v, strings[i].bytes);
		sip_bytes(v, strings[i].data, strings[i].bytes);
	}
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return (v[0] ^ v[1] ^ v[2] ^ v[3]) | 1;
}

/* The slot of @hash, or the free one where it belongs. */
static size_t seen_slot(const struct agent *agent, uint64_t hash)
{
	size_t slot = (size_t)(hash >> 1) % SEEN_SLOTS;

	while (agent->seen[slot] && agent->seen[slot] != hash)
		slot = (slot + 1) % SEEN_SLOTS;
	return slot;
}

/* A full table forgets all: then events come twice. */
static void seen_add(struct agent *agent, uint64_t hash)
{
	if (agent->seen_count >= SEEN_SLOTS * 3 / 4) {
		memset(agent->seen, 0, sizeof(agent->seen));
		agent->seen_count = 0;
	}
	agent->seen[seen_slot(agent, hash)] = hash;
	agent->seen_count++;
}

static bool output_flush(struct agent *agent)
{
	size_t done = 0;

	while (done < agent->output_bytes) {
		ssize_t wrote =
			write(agent->output, agent->buffer + done, agent->output_bytes - done);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return false;
		done += (size_t)wrote;
	}
	agent->output_bytes = 0;
	return true;
}

static void output_add(struct agent *agent, const void *data, size_t bytes)
{
	memcpy(agent->buffer + agent->output_bytes, data, bytes);
	agent->output_bytes += bytes;
}

/* With the lock held. Where nobody reads any more there is nobody to tell: the listener closes with
 * us, and the application's calls answer ENOSYS. */
static void record_put(struct agent *agent, struct agent_record *record, const struct text *strings,
		       size_t count)
{
	size_t length = sizeof(*record);

	for (size_t i = 0; i < count; i++)
		length += sizeof(uint32_t) + strings[i].bytes;
	if (length > AGENT_MAX_RECORD) {
		agent->lost++;
		return;
	}
	if (agent->output_bytes + length > OUTPUT_BYTES && !output_flush(agent))
		_exit(1);
	record->length = (uint32_t)length;
	record->strings = (uint16_t)count;
	record->sequence = agent->sequence++;
	output_add(agent, record, sizeof(*record));
	for (size_t i = 0; i < count; i++) {
		uint32_t bytes = (uint32_t)strings[i].bytes;

		output_add(agent, &bytes, sizeof(bytes));
		output_add(agent, strings[i].data, bytes);
	}
}

/* The caller waits for our answer; if it was killed, somebody else may have its number, and what
 * was read may be of that one. */
static bool is_waiting(const struct agent *agent, uint64_t id)
{
	return id == 0 || ioctl(agent->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

void record_write(struct agent *agent, struct agent_record *record, const struct text *strings,
		  size_t count, uint64_t id, bool once)
{
	uint64_t hash;

	pthread_mutex_lock(&agent->lock);
	hash = once ? record_hash(agent, record, strings, count) : 0;
	if (!once || !agent->seen[seen_slot(agent, hash)]) {
		if (is_waiting(agent, id)) {
			if (once)
				seen_add(agent, hash);
			record_put(agent, record, strings, count);
		}
	}
	pthread_mutex_unlock(&agent->lock);
}

void record_forget(struct agent *agent)
{
	pthread_mutex_lock(&agent->lock);
	agent->key[0]++; /* under another key nothing is found again; the table empties when full */
	pthread_mutex_unlock(&agent->lock);
}

void record_lost(struct agent *agent)
{
	pthread_mutex_lock(&agent->lock);
	agent->lost++;
	pthread_mutex_unlock(&agent->lock);
}

bool record_finish(struct agent *agent)
{
	struct agent_record trailer = {.kind = AGENT_TRAILER};
	bool done;

	pthread_mutex_lock(&agent->lock);
	trailer.value[0] = agent->sequence;
	trailer.value[1] = agent->lost;
	record_put(agent, &trailer, NULL, 0);
	done = output_flush(agent);
	/* The lock stays held: nothing follows the trailer. */
	return done;
}
