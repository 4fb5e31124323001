#include "data/data_report.h"

void data_report_units(const struct data_report *report, struct time_units *units)
{
    *units = (struct time_units){0};
    for (int f = 0; f < FILES_MAX; f++)
        time_units_add(units, &report->units[f]);
}
