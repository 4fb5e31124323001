#include "base/edit_distance.h"

#include <limits.h>
#include <string.h>

int edit_distance(const char *a, const char *b)
{
    int row[EDIT_BYTES_MAX + 1]; /* from what is read of a so far to each beginning of b */
    const size_t n = strlen(b);
    if (n > EDIT_BYTES_MAX || strlen(a) > EDIT_BYTES_MAX)
        return INT_MAX;
    for (size_t j = 0; j <= n; j++)
        row[j] = (int)j;
    for (int i = 1; a[i - 1]; i++) {
        int corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            const int change = corner + (a[i - 1] != b[j - 1]);
            const int least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            corner = row[j];
            row[j] = change < least ? change : least;
        }
    }
    return row[n];
}
