#include "recommend/adam.h"

#include <stdlib.h>

void adam_table_release(struct adam_table *table)
{
    free(table->row);
    free(table->first);
    free(table->second);
}
