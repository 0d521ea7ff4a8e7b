// SPDX-License-Identifier: MPL-2.0
#include <ctype.h>
#include <wchar.h>
#include <wctype.h>

#include "report.h"
#include "text.h"

static void print_byte(FILE *file, unsigned char byte)
{
	switch (byte) {
	case '\n':
		fputs("\\n", file);
		return;
	case '\t':
		fputs("\\t", file);
		return;
	case '\\':
		fputs("\\\\", file);
		return;
	default:
		fprintf(file, byte >= ' ' && byte <= '~' ? "%c" : "\\x%02x",
			byte);
	}
}

void text_print(FILE *file, const char *bytes, size_t len)
{
	mbstate_t state = { 0 };
	wchar_t wide;
	size_t n;

	while (len) {
		n = mbrtowc(&wide, bytes, len, &state);
		if (n == 0 || n > len) {
			state = (mbstate_t) { 0 };
			n = 1;
			print_byte(file, (unsigned char)*bytes);
		} else if (n == 1) {
			print_byte(file, (unsigned char)*bytes);
		} else if (iswprint((wint_t)wide)) {
			fwrite(bytes, 1, n, file);
		} else {
			fprintf(file, "\\u%04x", (unsigned int)wide);
		}
		bytes += n;
		len -= n;
	}
}

char *text_escape(const char *bytes, size_t len)
{
	size_t size;
	char *text;
	FILE *file = must(open_memstream(&text, &size));

	for (; len; len--)
		print_byte(file, (unsigned char)*bytes++);
	fclose(file);
	return must(text);
}

static void hexdump_line(FILE *file, const unsigned char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < 16; i++) {
		if (i < len)
			fprintf(file, " %02x", bytes[i]);
		else
			fputs("   ", file);
		if (i == 7)
			fputc(' ', file);
	}
	fputs("  |", file);
	for (i = 0; i < len; i++)
		fputc(bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '.',
		      file);
	fputs("|\n", file);
}

void text_hexdump(FILE *file, const unsigned char *bytes, size_t len)
{
	size_t at;

	for (at = 0; at < len; at += 16) {
		fprintf(file, "  %08zx ", at);
		hexdump_line(file, bytes + at, len - at < 16 ? len - at : 16);
	}
}

char *text_hex(const unsigned char *bytes, size_t len)
{
	char *text = must(malloc(2 * len + 1));
	size_t i;

	for (i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	text[2 * len] = '\0';
	return text;
}
