/* Runs a fuzz harness over files: those named, else the committed corpus. Each file once: what was
 * found must stay fixed. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SIZE_MAX_READ ((size_t)4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(SIZE_MAX_READ);
	size_t size;

	if (file == NULL || data == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	size = fread(data, 1, SIZE_MAX_READ, file);
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 1;
}

static int
replay_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[4096];
	int count = 0;

	if (dir == NULL) {
		perror(folder);
		exit(EXIT_FAILURE);
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		count += replay(path);
	}
	closedir(dir);
	return count;
}

int
main(int argc, char **argv)
{
	int count = 0;
	int i;

	for (i = 1; i < argc; i++)
		count += replay(argv[i]);
	if (argc == 1)
		count = replay_folder(FUZZ_CORPUS);
	printf("%d inputs replayed\n", count);
	return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
