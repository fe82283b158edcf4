// SPDX-License-Identifier: GPL-2.0-only
/*
 * A QEMU plugin that counts the instructions of each sample of a benchmark, per block and caller.
 *
 * A sample is the code between two reads of the time-stamp counter in the guest's program, the
 * marks of lib/meter/meter.h.  Under -icount the counter is the number of instructions, so the
 * count here equals the difference that the guest reads; report/explain/profile.c compares the two
 * for each sample.  The guest does not notice: a mark is the address of an existing instruction.
 *
 * For each block of code the plugin records how often it ran, per call path.  A return is
 * recognised by the address that the call pushed; other jumps (a thunk, a context switch) do not
 * change the call path.  A faulting instruction is counted when it completes, not when it faults,
 * as in QEMU (cpu_restore_state_from_tb() in accel/tcg).
 *
 * Arguments: out=FILE, begin=OFFSET and end=OFFSET (hexadecimal, of a mark in its page of 4 KiB;
 * repeatable).  The file is text, a line each:
 *
 *   N NODE PARENT RETURN            a caller: where the call returns to; node 0 is the program
 *   T BLOCK START LENGTHS           a block: of each instruction its length, one hexadecimal digit
 *   P PROFILE INSNS NODE:BLOCK:TIMES...   what a sample ran; NODE:BLOCK/K:TIMES left it after K
 *   S PROFILE                       a sample, in order; most samples share a profile
 *
 * Where profiles of several guests follow each other, each is after a line "# TEXT".
 *
 * Numbers are decimal, addresses hexadecimal.  Source: docs/devel/tcg-plugins.rst of QEMU.
 */
#include <qemu-plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

enum { PAGE = 4096, MARKS_MAX = 64, TABLE_MIN = 1 << 16 };

enum mark { MARK_NONE, MARK_BEGIN, MARK_END };
enum last { LAST_OTHER, LAST_CALL, LAST_RETURN };

struct block {
	uint64_t start, end; /* end: behind its last instruction */
	uint32_t n;	     /* instructions */
	uint32_t id;	     /* 0: not yet written */
	enum mark mark;
	enum last last;
	bool idle;	    /* nothing but nops: it always ends */
	struct block *next; /* with the same hash */
	char lengths[];
};

struct node {
	struct node *parent;
	uint64_t back; /* where the call returns to */
	uint32_t id;
	bool written;
	struct node *next; /* with the same hash */
};

/* `times` a block ran its first k instructions, called by node. */
struct item {
	struct node *node;
	struct block *block;
	uint32_t k;
	uint64_t times;
};

struct profile {
	uint64_t insns;
	size_t n;
	struct item *items; /* sorted */
	uint32_t id;
	struct profile *next;
};

EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static FILE *out;
static struct {
	uint64_t in_page;
	enum mark mark;
} marks[MARKS_MAX];
static size_t n_marks;

enum { BUCKETS = 1 << 16 };
static struct block *blocks[BUCKETS];
static struct node *nodes[BUCKETS];
static struct profile *profiles[BUCKETS];
static uint32_t n_blocks, n_nodes, n_profiles;

/* Each instruction of the guest adds one before it runs. */
#if QEMU_PLUGIN_VERSION >= 2
static struct qemu_plugin_scoreboard *board;
static qemu_plugin_u64 begun_of;
#define BEGUN() qemu_plugin_u64_get(begun_of, 0)
#else
static uint64_t begun;
#define BEGUN() begun
#endif

/* The sample under way. */
static struct {
	bool on;
	struct block *before; /* the block that ran last */
	uint64_t begun;	      /* when it began */
	struct node *node;
	struct item *items; /* open addressing; node NULL: free */
	size_t *used;
	size_t n, size;
} now;

static struct node root;

static void *must(void *memory)
{
	if (!memory) {
		fprintf(stderr, "profile: out of memory\n");
		exit(1);
	}
	return memory;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t h = (a ^ b * 0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd;

	return h ^ h >> 32;
}

/* --- what a sample ran ----------------------------------------------------------------------- */

static struct node *child(struct node *parent, uint64_t back)
{
	struct node **bucket = &nodes[mix(parent->id, back) % BUCKETS], *n;

	for (n = *bucket; n; n = n->next)
		if (n->parent == parent && n->back == back)
			return n;
	n = must(calloc(1, sizeof(*n)));
	*n = (struct node){.parent = parent, .back = back, .id = ++n_nodes, .next = *bucket};
	return *bucket = n;
}

static struct item *slot(const struct node *node, const struct block *block, uint32_t k)
{
	size_t at = mix(mix((uintptr_t)node, (uintptr_t)block), k) & (now.size - 1);
	struct item *i;

	for (i = &now.items[at]; i->node; i = &now.items[at]) {
		if (i->node == node && i->block == block && i->k == k)
			break;
		at = (at + 1) & (now.size - 1);
	}
	return i;
}

static void grow(void)
{
	struct item *old = now.items;
	size_t old_size = now.size, n = now.n;
	size_t *used = now.used;

	now.size = old_size ? 2 * old_size : TABLE_MIN;
	now.items = must(calloc(now.size, sizeof(*now.items)));
	now.used = must(calloc(now.size / 2, sizeof(*now.used)));
	for (size_t i = 0; i < n; i++) {
		struct item *from = &old[used[i]], *to = slot(from->node, from->block, from->k);

		*to = *from;
		now.used[i] = (size_t)(to - now.items);
	}
	free(old);
	free(used);
}

static void add(struct node *node, struct block *block, uint32_t k)
{
	struct item *i;

	if (now.n >= now.size / 2)
		grow();
	i = slot(node, block, k);
	if (!i->node) {
		*i = (struct item){.node = node, .block = block, .k = k};
		now.used[now.n++] = (size_t)(i - now.items);
	}
	i->times++;
}

/* --- writing --------------------------------------------------------------------------------- */

static void write_node(struct node *n)
{
	if (n->written || n == &root)
		return;
	write_node(n->parent);
	fprintf(out, "N %u %u %" PRIx64 "\n", n->id, n->parent->id, n->back);
	n->written = true;
}

static void write_profile(struct profile *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct block *b = p->items[i].block;

		write_node(p->items[i].node);
		if (b->id)
			continue;
		b->id = ++n_blocks;
		fprintf(out, "T %u %" PRIx64 " %s\n", b->id, b->start, b->lengths);
	}
	p->id = ++n_profiles;
	fprintf(out, "P %u %" PRIu64, p->id, p->insns);
	for (size_t i = 0; i < p->n; i++) {
		const struct item *it = &p->items[i];

		fprintf(out, " %u:%u", it->node->id, it->block->id);
		if (it->k != it->block->n)
			fprintf(out, "/%u", it->k);
		fprintf(out, ":%" PRIu64, it->times);
	}
	fputc('\n', out);
}

static int by_place(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->node != y->node)
		return x->node->id < y->node->id ? -1 : 1;
	if (x->block->start != y->block->start)
		return x->block->start < y->block->start ? -1 : 1;
	if (x->block != y->block)
		return x->block < y->block ? -1 : 1;
	return (x->k > y->k) - (x->k < y->k);
}

static bool same(const struct profile *p, const struct profile *q)
{
	return p->insns == q->insns && p->n == q->n &&
	       !memcmp(p->items, q->items, p->n * sizeof(*p->items));
}

/* The sample is over.  QEMU may be ended at any time from now on. */
static void finish(void)
{
	struct profile p = {.n = now.n}, *known, **bucket;
	uint64_t hash = 0;

	p.items = must(calloc(now.n + 1, sizeof(*p.items)));
	for (size_t i = 0; i < now.n; i++) {
		struct item *from = &now.items[now.used[i]], *to = &p.items[i];

		/* Padding is compared too. */
		to->node = from->node;
		to->block = from->block;
		to->k = from->k;
		to->times = from->times;
		p.insns += from->k * from->times;
		*from = (struct item){0};
	}
	now.n = 0;
	now.on = false;
	qsort(p.items, p.n, sizeof(*p.items), by_place);
	for (size_t i = 0; i < p.n; i++)
		hash = mix(hash, mix((uintptr_t)p.items[i].block, p.items[i].times));
	bucket = &profiles[hash % BUCKETS];
	for (known = *bucket; known && !same(known, &p); known = known->next)
		;
	if (known) {
		free(p.items);
	} else {
		known = must(malloc(sizeof(*known)));
		*known = p;
		known->next = *bucket;
		*bucket = known;
		write_profile(known);
	}
	fprintf(out, "S %u\n", known->id);
	fflush(out);
}

/* --- following the guest --------------------------------------------------------------------- */

/* Where instruction number k of a block is. */
static uint64_t place_of(const struct block *b, uint32_t k)
{
	uint64_t at = b->start;

	for (uint32_t i = 0; i < k && i < b->n; i++) {
		char c = b->lengths[i];

		at += (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return at;
}

/*
 * What the block before did, now that the next begins.  If it was left early and the next goes on
 * behind what it began last, all that it began has ended: QEMU drops an instruction that reaches
 * into the next page from a block after it reported it (i386_tr_translate_insn()), and runs one
 * that turns out to be I/O once more by itself (cpu_io_recompile()).  Else the last one faulted.
 */
static void account(uint64_t begun_now, uint64_t next)
{
	struct block *b = now.before;
	uint32_t k = b->idle ? b->n : (uint32_t)(begun_now - now.begun);
	bool whole = k >= b->n;

	if (!whole && k && place_of(b, k) != next)
		k--;
	if (k)
		add(now.node, b, k);
	if (whole && b->last == LAST_CALL)
		now.node = child(now.node, b->end);
	if (whole && b->mark == MARK_END)
		finish();
}

static void return_to(uint64_t address)
{
	for (struct node *n = now.node; n != &root; n = n->parent) {
		if (n->back == address) {
			now.node = n->parent;
			return;
		}
	}
}

static void on_block(unsigned int cpu, void *data)
{
	struct block *b = data, *before = now.before;
	uint64_t begun_now;

	(void)cpu;
	if (!now.on && b->mark != MARK_BEGIN)
		return;
	begun_now = BEGUN();
	if (now.on && before)
		account(begun_now, b->start);
	now.before = NULL;
	if (b->mark == MARK_BEGIN) {
		/* What ran since another one never came to its end. */
		while (now.n)
			now.items[now.used[--now.n]] = (struct item){0};
		now.on = true;
		now.node = &root;
		return;
	}
	if (!now.on)
		return;
	if (b->start < UINT64_C(1) << 63)
		now.node = &root;
	else if (before && before->last == LAST_RETURN)
		return_to(b->start);
	now.before = b;
	now.begun = begun_now;
}

/* --- translation ----------------------------------------------------------------------------- */

static size_t bytes_of(struct qemu_plugin_insn *insn, unsigned char *bytes)
{
	size_t n = qemu_plugin_insn_size(insn);

	n = n > 15 ? 15 : n;
#if QEMU_PLUGIN_VERSION >= 3
	qemu_plugin_insn_data(insn, bytes, n);
#else
	memcpy(bytes, qemu_plugin_insn_data(insn), n);
#endif
	return n;
}

/* Source: Intel SDM vol. 2, CALL (E8, FF /2) and RET (C3, C2), behind any prefixes. */
static enum last last_of(const unsigned char *bytes, size_t n)
{
	size_t i = 0;

	while (i < n && (bytes[i] == 0x66 || bytes[i] == 0xf2 || bytes[i] == 0xf3 ||
			 bytes[i] == 0x2e || bytes[i] == 0x3e || (bytes[i] & 0xf0) == 0x40))
		i++;
	if (i < n && bytes[i] == 0xe8)
		return LAST_CALL;
	if (i + 1 < n && bytes[i] == 0xff && (bytes[i + 1] >> 3 & 7) == 2)
		return LAST_CALL;
	return i < n && (bytes[i] == 0xc3 || bytes[i] == 0xc2) ? LAST_RETURN : LAST_OTHER;
}

/* RDTSC in user space, at the place of a mark in its page, behind LFENCE.  It ends a block. */
static enum mark mark_of(struct qemu_plugin_tb *tb, size_t n)
{
	struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, n - 1);
	uint64_t address = qemu_plugin_insn_vaddr(insn);
	unsigned char bytes[15];

	if (address >= UINT64_C(1) << 63 || bytes_of(insn, bytes) != 2 || bytes[0] != 0x0f ||
	    bytes[1] != 0x31)
		return MARK_NONE;
	for (size_t i = 0; i < n_marks; i++)
		if (marks[i].in_page == address % PAGE)
			return marks[i].mark;
	return MARK_NONE;
}

/* What keeps the guest's processor busy (lib/meter/idle_blocker.c) is run a thousand times as often
 * as all else.
 */
static bool is_idle(struct qemu_plugin_tb *tb, size_t n)
{
	unsigned char bytes[15];

	for (size_t i = 0; i < n; i++)
		if (bytes_of(qemu_plugin_tb_get_insn(tb, i), bytes) != 1 || bytes[0] != 0x90)
			return false;
	return true;
}

static struct block *block_of(struct qemu_plugin_tb *tb, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	struct qemu_plugin_insn *last = qemu_plugin_tb_get_insn(tb, n - 1);
	uint64_t start = qemu_plugin_tb_vaddr(tb);
	struct block *b = must(calloc(1, sizeof(*b) + n + 1)), *known, **bucket;
	unsigned char bytes[15];
	size_t len = bytes_of(last, bytes);

	b->start = start;
	b->end = qemu_plugin_insn_vaddr(last) + len;
	b->n = (uint32_t)n;
	b->mark = mark_of(tb, n);
	b->last = last_of(bytes, len);
	b->idle = is_idle(tb, n);
	for (size_t i = 0; i < n; i++)
		b->lengths[i] = digits[qemu_plugin_insn_size(qemu_plugin_tb_get_insn(tb, i)) & 15];
	/* Code is translated again and again; the same code is the same block. */
	bucket = &blocks[mix(start, n) % BUCKETS];
	for (known = *bucket; known; known = known->next) {
		if (known->start != start || known->n != n || known->mark != b->mark ||
		    known->last != b->last || known->idle != b->idle ||
		    strcmp(known->lengths, b->lengths))
			continue;
		free(b);
		return known;
	}
	b->next = *bucket;
	return *bucket = b;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	struct block *b;

	(void)id;
	if (!n)
		return;
	b = block_of(tb, n);
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, b);
	for (size_t i = 0; i < n && !b->idle; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

#if QEMU_PLUGIN_VERSION >= 2
		qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(
			insn, QEMU_PLUGIN_INLINE_ADD_U64, begun_of, 1);
#else
		qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &begun,
							   1);
#endif
	}
}

static int add_mark(const char *value, enum mark mark)
{
	uint64_t in_page = strtoull(value, NULL, 16) % PAGE;

	for (size_t i = 0; i < n_marks; i++) {
		if (marks[i].in_page != in_page)
			continue;
		fprintf(stderr, "profile: two marks at %s\n", value);
		return -1;
	}
	if (n_marks == MARKS_MAX)
		return -1;
	marks[n_marks].in_page = in_page;
	marks[n_marks++].mark = mark;
	return 0;
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		int rc = 0;

		if (!strncmp(argv[i], "out=", 4)) {
			out = fopen(argv[i] + 4, "we");
			if (!out)
				fprintf(stderr, "profile: cannot write %s\n", argv[i] + 4);
		} else if (!strncmp(argv[i], "begin=", 6)) {
			rc = add_mark(argv[i] + 6, MARK_BEGIN);
		} else if (!strncmp(argv[i], "end=", 4)) {
			rc = add_mark(argv[i] + 4, MARK_END);
		} else {
			fprintf(stderr, "profile: unknown argument %s\n", argv[i]);
			rc = -1;
		}
		if (rc < 0)
			return rc;
	}
	if (!out || !n_marks || !info->system_emulation || strcmp(info->target_name, "x86_64"))
		return -1;
#if QEMU_PLUGIN_VERSION >= 2
	board = qemu_plugin_scoreboard_new(sizeof(uint64_t));
	begun_of = qemu_plugin_scoreboard_u64(board);
#endif
	grow();
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	return 0;
}
