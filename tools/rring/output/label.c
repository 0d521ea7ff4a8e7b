// SPDX-License-Identifier: MPL-2.0
#include "label.h"

void label_print(FILE *file, const char *name, const char *text)
{
	fprintf(file, "%s=\"", name);
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", file);
		else if (*text == '"' || *text == '\\')
			fprintf(file, "\\%c", *text);
		else
			fputc(*text, file);
	}
	fputc('"', file);
}
