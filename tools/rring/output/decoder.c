// SPDX-License-Identifier: MPL-2.0
/* Decodes payloads by BTF, with libbpf. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "decoder.h"
#include "report.h"

struct decoder {
	struct btf *btf;
	struct btf_dump *dump;
	uint32_t id;		/* of the type, in .btf */
	uint32_t size;		/* of the type */
	FILE *text;		/* of the present decoder_text() */
};

/*
 * BTF has names without the word before them. A name without such a word can be
 * that of a typedef, of a C++ type or of a number.
 */
static const struct {
	const char *word;
	uint32_t kind;
} kinds[] = {
	{ "struct ", BTF_KIND_STRUCT },
	{ "union ", BTF_KIND_UNION },
	{ "enum ", BTF_KIND_ENUM },
	{ "", BTF_KIND_TYPEDEF },
	{ "", BTF_KIND_STRUCT },
	{ "", BTF_KIND_UNION },
	{ "", BTF_KIND_ENUM },
	{ "", BTF_KIND_INT },
};

/* Returns the id of the type, or 0 if there is none. */
static uint32_t find_type(const struct btf *btf, const char *name)
{
	size_t i, len;
	int id;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		len = strlen(kinds[i].word);
		if (strncmp(name, kinds[i].word, len))
			continue;
		id = btf__find_by_name_kind(btf, name + len, kinds[i].kind);
		if (id > 0)
			return (uint32_t)id;
	}
	return 0;
}

static void put(void *context, const char *format, va_list args)
{
	const struct decoder *decoder = context;

	vfprintf(decoder->text, format, args);
}

static void check_size(const struct decoder *decoder, const char *file,
		       const struct rring_type *type)
{
	int64_t size = btf__resolve_size(decoder->btf, decoder->id);

	if (size != type->size)
		fail("'%s' has %lld bytes in %s, and %u in the ring: give a file of the same build as the ring's writer",
		     type->name, (long long)size, file, type->size);
}

struct decoder *decoder_new(const char *file, const struct rring_type *type)
{
	struct decoder *decoder = must(calloc(1, sizeof(*decoder)));

	libbpf_set_print(NULL);
	decoder->size = type->size;
	decoder->btf = btf__parse(file, NULL);
	if (!decoder->btf)
		fail("cannot read BTF from %s: %s (`gcc -gbtf -c' and `pahole -J' make it)",
		     file, strerror(errno));
	decoder->id = find_type(decoder->btf, type->name);
	if (!decoder->id)
		fail("%s does not describe '%s', the type of the ring: give another file",
		     file, type->name);
	check_size(decoder, file, type);
	decoder->dump = must(btf_dump__new(decoder->btf, put, decoder, NULL));
	return decoder;
}

char *decoder_text(struct decoder *decoder, const void *data, size_t len)
{
	LIBBPF_OPTS(btf_dump_type_data_opts, options, .indent_str = "  ",
		    .emit_zeroes = true);
	char *text = NULL;
	size_t size;
	int err;

	if (len < decoder->size)
		return NULL;
	decoder->text = must(open_memstream(&text, &size));
	err = btf_dump__dump_type_data(decoder->dump, decoder->id, data,
				       decoder->size, &options);
	fclose(decoder->text);
	must(text);
	if (err < 0)
		fail("cannot decode an event: %s", strerror(-err));
	return text;
}

void decoder_free(struct decoder *decoder)
{
	btf_dump__free(decoder->dump);
	btf__free(decoder->btf);
	free(decoder);
}
