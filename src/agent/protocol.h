/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What thresh and thresh-agent say to each other (docs/tracing.md). Both run on one machine:
 * integers are in its byte order.
 *
 * To the agent, on a descriptor: the calls that it decodes, as an array of struct agent_call; a
 * call that is not in it is recorded by its number alone. From the agent, on a pipe: struct
 * agent_header, then records in the order in which the calls were made, numbered from 0 without a
 * gap; the last one is AGENT_TRAILER. A stream without it lost events.
 */
#pragma once

#include <stdint.h>

#define AGENT_MAGIC "thrshag"

enum {
	AGENT_VERSION = 1,
	AGENT_MAX_RECORD = 64 << 10, /* bytes, header included */
	AGENT_MAX_STRINGS = 300,
	AGENT_MAX_PATH = 4096,
	AGENT_MAX_WORDS = 256,     /* of an argument list */
	AGENT_MAX_ARGV = 32 << 10, /* bytes of an argument list */
	AGENT_HEAD_BYTES = 4096,   /* of an executed file */
	AGENT_MAX_CALLS = 1024,    /* call numbers are below it */
	AGENT_NONE = -1,
};

enum agent_arch { AGENT_NATIVE, AGENT_X86, AGENT_ARCHES };

enum agent_op {
	OP_NONE,    /* recorded by its number */
	OP_OPEN,    /* value[0]: O_ flags; value[2]: of an opening to append, enum agent_stdio */
	OP_OPENAT2, /* decoded to OP_OPEN */
	OP_STAT,    /* value[0]: AT_ flags */
	OP_READLINK,
	OP_EXEC, /* strings: path, head of the file, words; value[0]: AT_ flags; value[1]: words
		    were cut */
	OP_LIST,
	OP_CHDIR,
	OP_MKDIR,
	OP_MKNOD,     /* value[0]: mode */
	OP_UNLINK,    /* value[0]: AT_REMOVEDIR */
	OP_RENAME,    /* strings: old, new; value[0]: RENAME_ flags */
	OP_LINK,      /* strings: old, new; value[0]: AT_ flags */
	OP_SYMLINK,   /* strings: the link, its target as given */
	OP_ATTRIBUTE, /* mode, times, extended attributes; value[0]: AT_ flags */
	OP_CHOWN,     /* value[0]: AT_ flags; value[1], value[2]: uid, gid */
	OP_TRUNCATE,
	OP_MAP,        /* mapped executable */
	OP_PROTECT,    /* made executable: decoded to OP_MAP */
	OP_BIND,       /* strings: address; value: family, port, socket type */
	OP_LISTEN,     /* the same */
	OP_CONNECT,    /* Unix sockets alone; strings: path */
	OP_SOCKETCALL, /* i386's multiplexer: decoded to the three above */
	OP_SETUID,     /* value[0..2]: real, effective, saved; all the same for setuid */
	OP_SETGID,
	OP_SETGROUPS,
	OP_CHROOT,
	OP_MOUNT,    /* anything that changes what a path means */
	OP_SECCOMP,  /* a listener of its own was asked for */
	OP_IO_URING, /* answered with ENOSYS */
	OP_SOCKET,   /* value: family, type */
	OP_ACCESS,   /* value[0]: R_OK, W_OK, X_OK */
	OP_COUNT,
};

/* Which standard streams of the caller are others than those that the application was started with.
 */
enum agent_stdio { STDOUT_ELSEWHERE = 1, STDERR_ELSEWHERE = 2 };

/* How to decode a call; argument indices, AGENT_NONE where there is none. */
struct agent_call {
	uint16_t nr;
	uint8_t arch;     /* enum agent_arch */
	uint8_t op;       /* enum agent_op */
	int8_t directory; /* a descriptor that the path is relative to, or that is meant itself */
	int8_t path;
	int8_t flags;
	int8_t directory2;
	int8_t path2;
	uint8_t refuse; /* answered with ENOSYS, once the application runs */
	uint16_t reserved;
	uint32_t constant; /* added to the flags */
};

struct agent_header {
	char magic[8];
	uint32_t version;
	uint32_t record_bytes; /* sizeof(struct agent_record) */
};

enum agent_kind {
	AGENT_CALL = 1, /* the first time that this call was made */
	AGENT_START, /* the application is about to be executed; what came before is not recorded */
	AGENT_OP,
	AGENT_REFUSED, /* the call was answered with ENOSYS */
	AGENT_TRAILER, /* value[0]: records before this one; value[1]: events lost */
};

enum agent_state { STATE_UNKNOWN, STATE_EXISTS, STATE_MISSING };

struct agent_record {
	uint32_t length; /* of the record, strings included */
	uint16_t kind;
	uint16_t op;
	uint64_t sequence;
	uint8_t arch;
	uint8_t state; /* of the first path, as the kernel saw it before the call */
	uint16_t strings;
	uint32_t nr;
	uint32_t process; /* thread group, 0 where it was not asked for */
	uint32_t parent;
	uint32_t uid; /* inside, effective; where process is given */
	uint32_t gid;
	uint64_t value[3];
	/* then for each string: uint32_t bytes, the bytes */
};
